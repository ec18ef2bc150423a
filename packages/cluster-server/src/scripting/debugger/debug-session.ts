import type { Reply } from '../../resp/reply.js'
import { encodeReply } from '../../resp/reply-encoder.js'
import { WireError } from '../../wire-errors.js'
import { LuaError, plainError } from '../runtime/lua-error.js'
import type { LuaValue } from '../runtime/value.js'
import { errorText } from '../script-error.js'
import { readCommand, wholeNumber } from './command-text.js'
import { DEBUGGER_HELP } from './debugger-help.js'
import type { Dialogue } from './dialogue.js'
import type { DebugTools, ScriptDebugger, VisibleVariables } from './script-debugger.js'
import { shownReply } from './shown-reply.js'
import { shownValue } from './shown-value.js'
import { SourceListing } from './source-listing.js'

const LONGEST_ENTRY = 256
const LEAST_LIMIT = 60
const LARGEST_INPUT = 1 << 20
const SHOWN_WORDS = 10
const CONTEXT_LINES = 5
const UNKNOWN = '<error> Unknown Redis Lua debugger command or wrong number of arguments.'
const HINT = "<hint> The above reply was trimmed. Use 'maxlen 0' to disable trimming."

/** What never ran, and so has no reply. */
const REFUSALS: ReadonlySet<string> = new Set([
  'ERR Unknown Redis command called from script',
  'ERR Wrong number of args calling Redis command from script',
  'ERR This Redis command is not allowed from script',
])

/** Why a script has stopped. */
type StopReason = 'step over' | 'break point' | 'redis.breakpoint() called' | 'timeout reached, infinite loop?'

/**
 * One client that debugs scripts: what `redis-cli --ldb-sync-mode` talks to. Everybody else waits as long as it does.
 * The dialogue is that of redis-server 7.0.15 (`ldb` in eval.c); lines are those on which statements begin.
 */
export class DebugSession implements ScriptDebugger {
  #dialogue: Dialogue | null = null
  #tools: DebugTools | null = null
  #listing = new SourceListing('')
  #log: string[] = []
  #input = ''
  #steps = true
  #breaksNext = false
  #timedOut = false
  #line = 0
  #maxLength = LONGEST_ENTRY
  #hasHinted = false
  #runningSince = 0
  readonly #timeLimitMs: () => number

  /** `timeLimitMs`: after that a script that does not stop by itself is stopped. */
  constructor(timeLimitMs: () => number) {
    this.#timeLimitMs = timeLimitMs
  }

  begin(dialogue: Dialogue, source: string): void {
    this.#dialogue = dialogue
    this.#listing = new SourceListing(source)
  }

  end(): void {
    this.#log.push('<endsession>')
    this.#send()
    this.#dialogue = null
  }

  attach(tools: DebugTools): void {
    this.#tools = tools
    this.#line = 0
    this.#runningSince = performance.now()
  }

  forgetLine(): void {
    this.#line = 0
  }

  line(line: number, variables: () => VisibleVariables): void {
    if (line === this.#line) return
    this.#line = line
    const isBreakpoint = this.#listing.hasBreakpoint(line)
    if (!this.#steps && !isBreakpoint && !this.#breaksNext) return
    const reason: StopReason = this.#breaksNext
      ? 'redis.breakpoint() called'
      : isBreakpoint
        ? 'break point'
        : this.#timedOut
          ? 'timeout reached, infinite loop?'
          : 'step over'
    const timedOut = reason === 'timeout reached, infinite loop?'
    this.#steps = false
    this.#breaksNext = false
    this.#timedOut = false
    this.#log.push(`* Stopped at ${line}, stop reason = ${reason}`, this.#listing.show(line, line))
    this.#send()
    if (!this.#talk(variables) && timedOut) {
      throw plainError('timeout during Lua debugging with client closing connection')
    }
    this.#runningSince = performance.now()
  }

  command(argv: readonly string[]): void {
    if (!this.#steps) return
    const words = argv.slice(0, SHOWN_WORDS)
    if (argv.length > SHOWN_WORDS) words.push(`... (${argv.length - SHOWN_WORDS - 1} more)`)
    this.#log.push(['<redis>', ...words].join(' '))
  }

  replied(reply: Reply, protocol: 2 | 3): void {
    if (!this.#steps) return
    if (reply instanceof WireError) {
      if (REFUSALS.has(reply.message)) {
        this.#log.push(`<error> ${reply.message.slice('ERR '.length)}`)
        return
      }
      this.#log.push(`<error> -${reply.message}`)
    }
    this.#logLimited(`<reply> ${shownReply(encodeReply(reply, protocol))}`)
  }

  breakpoint(): void {
    this.#breaksNext = true
  }

  print(values: readonly LuaValue[]): void {
    this.#log.push(`<debug> line ${this.#line}: ${values.map((value) => shownValue(value)).join(', ')}`)
  }

  tick(): void {
    if (this.#steps || performance.now() - this.#runningSince < this.#timeLimitMs()) return
    this.#timedOut = true
    this.#steps = true
  }

  /** Sends what was logged, as one reply of single lines. */
  #send(): void {
    const lines = this.#log.splice(0).map((entry) => `+${entry.replace(/[\r\n]/g, ' ')}\r\n`)
    this.#dialogue?.write(`*${lines.length}\r\n${lines.join('')}`)
  }

  #logLimited(entry: string): void {
    if (this.#maxLength === 0 || entry.length <= this.#maxLength) {
      this.#log.push(entry)
      return
    }
    this.#log.push(`${entry.slice(0, this.#maxLength)} ...`)
    if (!this.#hasHinted) this.#log.push(HINT)
    this.#hasHinted = true
  }

  /** Does what the client says, until the script is to go on. @returns false when the client has gone */
  #talk(variables: () => VisibleVariables): boolean {
    for (;;) {
      const argv = this.#read()
      if (argv === null) {
        this.#steps = false
        this.#listing.removeBreakpoints()
        return false
      }
      if (this.#goesOn(argv)) return true
      this.#answer(argv, variables)
      this.#send()
    }
  }

  /** The next command of the client; null when it has gone. @throws LuaError for what is no command */
  #read(): readonly string[] | null {
    for (;;) {
      const command = readCommand(this.#input)
      if (command === 'malformed') throw plainError('protocol error')
      if (command !== 'incomplete') {
        this.#input = ''
        return command
      }
      const text = this.#dialogue?.read() ?? null
      if (text === null) return null
      this.#input += text
      if (this.#input.length > LARGEST_INPUT) {
        this.#input = ''
        throw plainError('max client buffer reached')
      }
    }
  }

  #goesOn([name = '']: readonly string[]): boolean {
    switch (name.toLowerCase()) {
      case 's':
      case 'step':
      case 'n':
      case 'next':
        this.#steps = true
        return true
      case 'c':
      case 'continue':
        return true
      case 'a':
      case 'abort':
        throw plainError('script aborted for user request')
      default:
        return false
    }
  }

  #answer(argv: readonly string[], variables: () => VisibleVariables): void {
    const [name = '', ...rest] = argv
    switch (name.toLowerCase()) {
      case 'h':
      case 'help':
        this.#log.push(...DEBUGGER_HELP)
        return
      case 't':
      case 'trace':
        return void this.#trace()
      case 'm':
      case 'maxlen':
        return void this.#limitLength(argv)
      case 'b':
      case 'break':
        this.#log.push(...this.#listing.changeBreakpoints(rest, this.#line))
        return
      case 'e':
      case 'eval':
        return void this.#evaluate(rest.join(' '))
      case 'p':
      case 'print':
        return void this.#print(argv.length === 2 ? rest[0] : undefined, variables())
      case 'l':
      case 'list': {
        const around = wholeNumber(rest[0] ?? '')
        const context = rest[1] === undefined ? CONTEXT_LINES : wholeNumber(rest[1])
        this.#log.push(...this.#listing.around(around > 0 ? around : this.#line, context, this.#line))
        return
      }
      case 'w':
      case 'whole':
        this.#log.push(...this.#listing.around(1, 1_000_000, this.#line))
        return
      case 'r':
      case 'redis':
        if (rest.length > 0) return void this.#call(rest)
        break
      default:
    }
    this.#log.push(UNKNOWN)
  }

  #trace(): void {
    const frames = this.#tools?.frames() ?? []
    frames.forEach(({ name, line }, index) => {
      this.#log.push(`${index === 0 ? 'In' : 'From'} ${name ?? 'top level'}:`, this.#listing.show(line, this.#line))
    })
  }

  #limitLength(argv: readonly string[]): void {
    if (argv.length === 2) {
      const length = wholeNumber(argv[1] ?? '')
      this.#hasHinted = true
      this.#maxLength = length !== 0 && length <= LEAST_LIMIT ? LEAST_LIMIT : length
    }
    this.#log.push(
      this.#maxLength === 0
        ? '<value> replies are unlimited.'
        : `<value> replies are truncated at ${this.#maxLength} bytes.`,
    )
  }

  #evaluate(code: string): void {
    try {
      this.#logLimited(`<retval> ${shownValue(this.#tools?.evaluate(code))}`)
    } catch (error) {
      if (!(error instanceof LuaError)) throw error
      const text = typeof error.value === 'string' ? error.value : errorText(error.value)
      this.#log.push(`<error> ${text}`)
    }
  }

  #print(name: string | undefined, { own, outer }: VisibleVariables): void {
    if (name === undefined) {
      for (const [each, value] of own) this.#logLimited(`<value> ${each} = ${shownValue(value)}`)
      if (own.length === 0) this.#log.push('No local variables in the current context.')
      return
    }
    const found = [...own, ...outer].find(([each]) => each === name)
    if (found !== undefined) this.#logLimited(`<value> ${shownValue(found[1])}`)
    else if (name === 'KEYS' || name === 'ARGV') this.#logLimited(`<value> ${shownValue(this.#tools?.argument(name))}`)
    else this.#log.push('No such variable.')
  }

  #call(argv: readonly string[]): void {
    this.#steps = true
    this.#tools?.call(argv)
    this.#steps = false
  }
}

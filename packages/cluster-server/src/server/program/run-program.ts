import { spawn } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { resolve } from 'node:path'
import type { CrashSignal } from '../../commands/context.js'
import { REPORTED_VERSION } from '../../commands/version.js'
import { splitInlineCommand } from '../../resp/inline-command.js'
import { Config, SettingError } from '../config.js'
import { Node } from '../node.js'
import type { ListeningAddress, LogLevel } from '../node-options.js'
import { packageVersion } from '../package-version.js'
import { LoadError } from '../persistence/load-error.js'
import { type CommandLine, parseCommandLine } from './command-line.js'
import { ConfigurationError } from './config-error.js'
import { type Configuration, loadConfiguration } from './configuration.js'
import { crashReport } from './crash-report.js'
import { Log, type LogRole } from './log.js'
import { helpText, versionText } from './program-text.js'

/** Those of redis-server. */
const DEFAULT_SAVE_RULES = '3600 1 300 100 60 10000'

const LOG_LEVELS: readonly LogLevel[] = ['debug', 'verbose', 'notice', 'warning']

/**
 * The program `activeredis-server`: takes redis-server's arguments and runs one node until SIGTERM, SIGINT or SHUTDOWN,
 * which end it with status 0. A configuration or an address that cannot be used ends it with status 1.
 * @param words what follows the program's name
 */
export const runProgram = async (words: readonly string[]): Promise<void> => {
  const commandLine = parseCommandLine(words)
  switch (commandLine.type) {
    case 'version':
      process.stdout.write(versionText())
      return
    case 'help':
      process.stdout.write(helpText)
      return
    case 'run':
      try {
        await runServer(commandLine, words)
      } catch (error) {
        if (!(error instanceof ConfigurationError || error instanceof SettingError)) throw error
        process.stderr.write(error instanceof ConfigurationError ? error.report : `${error.message}\n`)
        process.exitCode = 1
      }
      return
    default:
      commandLine satisfies never
  }
}

const runServer = async (line: CommandLine & { type: 'run' }, words: readonly string[]): Promise<void> => {
  const { configFile, readsStdin, options } = line
  const standardInput = readsStdin ? readFileSync(0, 'latin1') : null
  const configuration = loadConfiguration({ configFile, standardInput, options })
  const config = new Config(configuration.settings)
  if (config.flag('daemonize')) {
    detach(words, readsStdin)
    return
  }
  const file = configFile === null ? null : resolve(configFile)
  enterDirectory(config.text('dir'))
  const server = new ServerProgram(configuration, config, file)
  await server.run(words.length === 0)
}

const enterDirectory = (directory: string): void => {
  try {
    process.chdir(directory)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new ConfigurationError(`Can't chdir to '${directory}': ${reason}\n`, { cause: error })
  }
}

/** Goes on in the background, as a process of its own without a terminal. */
const detach = (words: readonly string[], readsStdin: boolean): void => {
  if (readsStdin)
    throw new ConfigurationError('daemonize yes cannot be combined with a configuration from standard input\n')
  const program = process.argv[1] ?? ''
  const child = spawn(process.execPath, [...process.execArgv, program, ...words, '--daemonize', 'no'], {
    detached: true,
    stdio: 'ignore',
  })
  child.unref()
}

/** `replicaof no one`: not a replica. */
const isNoOne = ([host, port]: readonly string[]): boolean =>
  host?.toLowerCase() === 'no' && port?.toLowerCase() === 'one'

/** One node with its log, its pid file and its signals. */
class ServerProgram {
  readonly #configuration: Configuration
  readonly #config: Config
  readonly #log: Log
  readonly #node: Node
  #serves = false
  #isEnding = false

  constructor(configuration: Configuration, config: Config, configFile: string | null) {
    this.#configuration = configuration
    this.#config = config
    const { settings, renamedCommands, users } = configuration
    this.#log = new Log(config.text('logfile'), () => ({ threshold: this.#threshold(), role: this.#role() }))
    this.#node = new Node({
      settings: {
        save: DEFAULT_SAVE_RULES,
        bind: config.text('bind'),
        'repl-diskless-sync-delay': config.text('repl-diskless-sync-delay'),
        ...settings,
        dir: process.cwd(),
      },
      renamedCommands,
      users,
      ...(configFile !== null && { configFile }),
      loadsFile: true,
      savesInProcess: true,
      log: (level, message) => this.#log.write(level, message),
      logFile: config.text('logfile'),
      onListening: (address) => this.#logAddress(address),
      onShutdown: () => this.#finish(),
      onFatal: () => process.exit(1),
      onCrash: (signal) => this.#crash(signal),
    })
  }

  async run(isUnconfigured: boolean): Promise<void> {
    const log = this.#log
    log.write('warning', 'oO0OoO0OoO0Oo ActiveRedis is starting oO0OoO0OoO0Oo')
    log.write(
      'warning',
      `ActiveRedis version=${packageVersion()}, Redis=${REPORTED_VERSION}, bits=64, pid=${process.pid}, just started`,
    )
    log.write(
      'warning',
      isUnconfigured ? 'Warning: no config file specified, using the default config.' : 'Configuration loaded',
    )
    const { withoutEffect } = this.#configuration
    if (withoutEffect.length > 0)
      log.write('notice', `Settings without effect on this server: ${withoutEffect.join(', ')}`)
    const follows = splitInlineCommand(this.#config.text('replicaof'))
    const [host, port] = isNoOne(follows) ? [] : follows
    this.#serves = true
    this.#handleSignals()
    // Before its data are loaded: what has expired is kept on a replica.
    if (host !== undefined) this.#node.replication.prepareToFollow(host, Number(port))
    if (!(await this.#listen())) {
      this.#ignoreSignals()
      return
    }
    // Not before: the primary is told on which port this node listens.
    if (host !== undefined) this.#node.replication.follow(host, Number(port))
    this.#writePidFile()
    this.#logReady()
  }

  #logReady(): void {
    const path = this.#config.text('unixsocket')
    if (this.#node.isReachableByAddress) this.#log.write('notice', 'Ready to accept connections')
    if (path !== '') this.#log.write('notice', `The server is now ready to accept connections at ${path}`)
  }

  #handleSignals(): void {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => this.#stop(signal))
    // As redis-server, the program outlives its terminal, and whoever read its log.
    process.on('SIGHUP', () => {})
    process.on('SIGABRT', () => this.#crash('SIGABRT'))
    // Node says so on standard error only, which nobody may read.
    process.on('uncaughtExceptionMonitor', (error) => this.#report(`${error.name}: ${error.message}`, error))
    process.stdout.on('error', () => {})
  }

  /** Ends the process by `signal`, which says why to whoever started it; a core file is made, if it may be. */
  #crash(signal: CrashSignal): void {
    this.#report(`ActiveRedis ${packageVersion()} crashed by signal: ${constants.signals[signal]}`, new Error(signal))
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  }

  #report(title: string, { stack = '' }: Error): void {
    const { server } = this.#node
    if (!server.config.flag('crash-log-enabled')) return
    this.#log.write('warning', title)
    this.#log.append(crashReport(server, stack))
  }

  #logAddress({ host, port }: ListeningAddress): void {
    const mode = this.#config.flag('cluster-enabled') ? 'cluster' : 'standalone'
    this.#log.write('notice', `Running mode=${mode}, port=${port}.`)
    // Redis has it in its banner, where the programs that start servers look for it.
    this.#log.write('notice', `PID: ${process.pid}`)
    this.#log.write('verbose', `Listening on ${host}:${port}`)
    this.#log.write('warning', 'Server initialized')
  }

  async #listen(): Promise<boolean> {
    try {
      await this.#node.listen()
      return true
    } catch (error) {
      process.exitCode = 1
      // The log says by now what is wrong with the file.
      if (error instanceof LoadError) return false
      const reason = error instanceof Error ? error.message : String(error)
      const port = this.#config.text('port')
      this.#log.write('warning', `Warning: Could not create server TCP listening socket: ${reason}`)
      this.#log.write('warning', `Failed listening on port ${port} (TCP), aborting.`)
      await this.#node.abandon()
      return false
    }
  }

  /** A second SIGINT while the program is about to end insists: it ends at once. */
  #stop(signal: 'SIGTERM' | 'SIGINT'): void {
    if (this.#isEnding && signal === 'SIGINT') {
      this.#log.write('warning', 'You insist... exiting now.')
      this.#node.abandonSaves()
      process.exit(1)
    }
    this.#log.write('warning', `Received ${signal} scheduling shutdown...`)
    this.#isEnding = true
    const words = this.#node.server.config.text(`shutdown-on-${signal.toLowerCase()}`).split(' ')
    const request = {
      saves: words.includes('nosave') ? false : words.includes('save') ? true : null,
      now: words.includes('now'),
      force: words.includes('force'),
    }
    this.#node.scheduleShutdown(request, () => {
      this.#isEnding = false
    })
  }

  #finish(): void {
    const pidFile = this.#config.text('pidfile')
    if (pidFile !== '') {
      this.#log.write('notice', 'Removing the pid file.')
      rmSync(pidFile, { force: true })
    }
    this.#log.write('warning', 'ActiveRedis is now ready to exit, bye bye...')
    process.exitCode = 0
    this.#ignoreSignals()
  }

  #ignoreSignals(): void {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGABRT']) process.removeAllListeners(signal)
  }

  #writePidFile(): void {
    const pidFile = this.#config.text('pidfile')
    if (pidFile === '') return
    try {
      writeFileSync(pidFile, `${process.pid}\n`)
    } catch (error) {
      this.#log.write('warning', `Failed to write PID file: ${error instanceof Error ? error.message : String(error)}`)
    }
  }

  #role(): LogRole {
    if (!this.#serves) return 'C'
    return this.#node.replication.role === 'replica' ? 'S' : 'M'
  }

  /** CONFIG SET can change the level later. */
  #threshold(): LogLevel {
    const config = this.#serves ? this.#node.server.config : this.#config
    const text = config.text('loglevel')
    return LOG_LEVELS.find((level) => level === text) ?? 'notice'
  }
}

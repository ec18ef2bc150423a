import { OK, type Reply } from '../../src/resp/reply.js'
import type { ScriptHost } from '../../src/scripting/engine.js'

/** A host that records what a script asks of it. */
export class FakeHost implements ScriptHost {
  readonly calls: string[][] = []
  readonly logged: string[] = []
  readonly masks: number[] = []
  protocol: 2 | 3 = 2
  /** What a command answers. */
  answer: (argv: string[]) => Reply = () => OK
  /** Times that the script asked whether it has to stop. */
  asked = 0
  /** Stops the script from that time on. */
  stopAt = Number.POSITIVE_INFINITY

  call(argv: string[]): Reply {
    this.calls.push(argv)
    return this.answer(argv)
  }

  log(level: number, message: string): void {
    this.logged.push(`${level} ${message}`)
  }

  setProtocol(protocol: 2 | 3): void {
    this.protocol = protocol
  }

  setReplication(mask: number): void {
    this.masks.push(mask)
  }

  interrupted(): string | undefined {
    return ++this.asked >= this.stopAt ? 'stopped by the host' : undefined
  }
}

import type { Reply } from '../../resp/reply.js'
import type { ScriptHost } from '../engine.js'
import type { ScriptDebugger } from './script-debugger.js'

/** The host of a script, whose debugger is told of every command. */
export class FollowedHost implements ScriptHost {
  readonly #host: ScriptHost
  readonly #follower: ScriptDebugger
  #protocol: 2 | 3 = 2

  constructor(host: ScriptHost, follower: ScriptDebugger) {
    this.#host = host
    this.#follower = follower
  }

  call(argv: string[]): Reply {
    this.#follower.command(argv)
    const reply = this.#host.call(argv)
    this.#follower.replied(reply, this.#protocol)
    return reply
  }

  log(level: number, message: string): void {
    this.#host.log(level, message)
  }

  setProtocol(version: 2 | 3): void {
    this.#protocol = version
    this.#host.setProtocol(version)
  }

  setReplication(mask: number): void {
    this.#host.setReplication(mask)
  }

  interrupted(): string | undefined {
    this.#follower.tick()
    return this.#host.interrupted?.()
  }

  mayRun(argv: string[]): boolean | undefined {
    return this.#host.mayRun === undefined ? true : this.#host.mayRun(argv)
  }
}

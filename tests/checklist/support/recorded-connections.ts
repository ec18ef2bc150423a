import type { Connection, ConnectionResolver, Request } from '../../../src/connections/connection.js'
import type { ConnectionManager } from '../../../src/index.js'

/** Connections that note every request before they send it. */
export class RecordedConnections implements ConnectionResolver {
  readonly requests: Request[] = []
  /** How often all primaries were asked for: that is what a walk over all keys begins with. */
  walks = 0
  readonly #manager: ConnectionManager

  constructor(manager: ConnectionManager) {
    this.#manager = manager
  }

  async connection(name: string | undefined): Promise<Connection> {
    return this.#recorded(await this.#manager.connection(name))
  }

  /** The names of all commands that were sent, and of those in the scripts that were sent. */
  commandNames(): Set<string> {
    const names = new Set<string>()
    for (const request of this.requests) {
      if (request.type === 'command') names.add(request.name.toUpperCase())
      else
        for (const [, name] of request.script.source.matchAll(/redis\.p?call\(\s*['"](\w+)['"]/g))
          names.add(name!.toUpperCase())
    }
    return names
  }

  #recorded(connection: Connection): Connection {
    const note = (...requests: readonly Request[]) => void this.requests.push(...requests)
    return new Proxy(connection, {
      get: (target, name) => {
        if (name === 'send') {
          return (request: Request) => {
            note(request)
            return target.send(request)
          }
        }
        if (name === 'execute') {
          return (requests: readonly Request[]) => {
            note(...requests)
            return target.execute(requests)
          }
        }
        if (name === 'primaries') {
          return () => {
            this.walks++
            return target.primaries()
          }
        }
        const value: unknown = Reflect.get(target, name, target)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
  }
}

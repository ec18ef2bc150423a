import { type Connection, connections, Model, type Outcome, type Request } from 'activeredis'

/** The requests that a piece of work sent, one list for each call of the connection. */
export const requestsOf = async (work: () => Promise<unknown>): Promise<readonly (readonly Request[])[]> => {
  const calls: (readonly Request[])[] = []
  Model.useConnections({
    connection: async (name) => recording(await connections.connection(name), calls),
  })
  try {
    await work()
  } finally {
    Model.useConnections(connections)
  }
  return calls
}

const recording = (connection: Connection, calls: (readonly Request[])[]): Connection =>
  new Proxy(connection, {
    get(target, name) {
      if (name === 'send')
        return (request: Request): Promise<unknown> => {
          calls.push([request])
          return target.send(request)
        }
      if (name === 'execute')
        return (requests: readonly Request[]): Promise<readonly Outcome[]> => {
          calls.push(requests)
          return target.execute(requests)
        }
      const value: unknown = Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })

import { createServer, type Server } from 'node:http'
import type { ServerState } from '../../commands/context.js'
import { clusterMetrics } from './cluster-metrics.js'
import { metricsText } from './metric.js'
import { nodeMetrics } from './node-metrics.js'

const HOST = '127.0.0.1'
const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/** Answers `GET /metrics` with what is measured on a node, in the text format of Prometheus, to this machine only. */
export class MetricsServer {
  readonly #server: Server

  private constructor(server: Server) {
    this.#server = server
  }

  /**
   * Listens on a port of the loopback address.
   * @throws the system's error, such as `EADDRINUSE`, when that is not possible
   */
  static listen(port: number, state: ServerState): Promise<MetricsServer> {
    const server = createServer((request, response) => {
      const isKnown = request.url?.split('?')[0] === '/metrics'
      if (!isKnown || (request.method !== 'GET' && request.method !== 'HEAD')) {
        response.writeHead(isKnown ? 405 : 404, { 'Content-Type': 'text/plain' }).end('GET /metrics\n')
        return
      }
      response.writeHead(200, { 'Content-Type': CONTENT_TYPE })
      response.end(request.method === 'HEAD' ? '' : metricsText([...nodeMetrics(state), ...clusterMetrics(state)]))
    })
    return new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, HOST, () => {
        server.off('error', reject)
        // The node decides how long the process lives.
        server.unref()
        resolve(new MetricsServer(server))
      })
    })
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve())
      this.#server.closeAllConnections()
    })
  }
}

/** Listens on `metrics-port`; null when that is 0. @throws Error, naming the setting, when the port cannot be used */
export const openMetrics = async (port: number, state: ServerState): Promise<MetricsServer | null> => {
  if (port === 0) return null
  try {
    return await MetricsServer.listen(port, state)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(`metrics-port ${port} cannot be used: ${reason}`, { cause: error })
  }
}

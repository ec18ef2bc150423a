import { createServer, type Server } from 'node:http'
import { type RunningTarget, startTarget } from './start-target.js'
import { targetAvailability } from './target-availability.js'
import { BROKER_VARIABLE, type TargetKind, targetKinds, targetTitles, UNAVAILABLE_VARIABLE } from './target-kind.js'

/**
 * Starts each target when a test file first asks for it, gives all test files the same one, and stops them at the end.
 * Test files run in processes of their own and ask over HTTP: `GET /redis-cluster` answers with the URL.
 */
export class TargetBroker {
  readonly #server: Server
  readonly #version: string | null
  readonly #unavailable: Readonly<Partial<Record<TargetKind, string>>>
  readonly #running = new Map<TargetKind, Promise<RunningTarget>>()
  readonly #uses = new Map<TargetKind, number>()

  /** @param options.containers Whether any test may ask for a container; otherwise no engine is looked for. */
  static async open(options: { readonly containers: boolean }): Promise<TargetBroker> {
    const { version, unavailable } = await targetAvailability(options)
    const server = createServer()
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(0, '127.0.0.1', resolve)
    })
    // The broker alone does not keep an interrupted run alive.
    server.unref()
    return new TargetBroker(server, version, unavailable)
  }

  private constructor(server: Server, version: string | null, unavailable: Partial<Record<TargetKind, string>>) {
    this.#server = server
    this.#version = version
    this.#unavailable = unavailable
    server.on('request', (request, response) => {
      const kind = targetKinds.find((known) => request.url === `/${known}`)
      if (kind === undefined) {
        response.writeHead(404).end(`no such target: ${request.url}`)
        return
      }
      this.#use(kind).then(
        ({ url }) => response.end(url),
        (error: unknown) => response.writeHead(500).end(error instanceof Error ? error.stack : String(error)),
      )
    })
  }

  /** What test files find in their environment. */
  get environment(): Readonly<Record<string, string>> {
    const address = this.#server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    return {
      [BROKER_VARIABLE]: `http://127.0.0.1:${port}`,
      [UNAVAILABLE_VARIABLE]: JSON.stringify(this.#unavailable),
    }
  }

  #use(kind: TargetKind): Promise<RunningTarget> {
    this.#uses.set(kind, (this.#uses.get(kind) ?? 0) + 1)
    let running = this.#running.get(kind)
    if (running === undefined) {
      running = startTarget(kind)
      this.#running.set(kind, running)
    }
    return running
  }

  /**
   * Lines for the end of the run: which targets ran, which did not, and why. Empty when no test asked for any, unless
   * `always` is set.
   */
  report({ always }: { readonly always: boolean }): readonly string[] {
    if (this.#uses.size === 0 && !always) return []
    const lines = targetKinds.map((kind) => {
      const title =
        targetTitles[kind] +
        ((kind === 'redis-server' || kind === 'redis-cluster') && this.#version !== null ? ` ${this.#version}` : '')
      const reason = this.#unavailable[kind]
      const uses = this.#uses.get(kind)
      if (reason !== undefined) return `  skipped  ${title}: ${reason}`
      return uses === undefined ? `  not used ${title}` : `  ran      ${title} (${uses} suites)`
    })
    return ['', 'Targets:', ...lines]
  }

  /** Stops all that was started. */
  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve())
      this.#server.closeAllConnections()
    })
    const running = [...this.#running.values()]
    this.#running.clear()
    const outcomes = await Promise.allSettled(running.map(async (target) => (await target).stop()))
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') process.stderr.write(`a target did not stop: ${String(outcome.reason)}\n`)
    }
  }
}

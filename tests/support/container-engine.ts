import { existsSync } from 'node:fs'
import { type RequestOptions, request } from 'node:http'
import { homedir } from 'node:os'
import { join } from 'node:path'

const PULL_TIMEOUT_MS = 120_000

/** How the engine's API is reached; null when nothing points to one. */
const engine = (): RequestOptions | null => {
  const address = process.env.DOCKER_HOST
  if (address !== undefined && address !== '') {
    if (address.startsWith('unix://')) return { socketPath: address.slice('unix://'.length) }
    const url = URL.canParse(address) ? new URL(address) : null
    return url === null ? null : { host: url.hostname, port: url.port || 2375 }
  }
  const sockets = ['/var/run/docker.sock', join(homedir(), '.docker/run/docker.sock')]
  const socketPath = sockets.find((path) => existsSync(path))
  return socketPath === undefined ? null : { socketPath }
}

interface EngineAnswer {
  readonly status: number
  readonly body: string
}

const ask = (options: RequestOptions, method: string, path: string, timeoutMs: number): Promise<EngineAnswer> =>
  new Promise((resolve, reject) => {
    const call = request({ ...options, method, path, agent: false }, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        body += chunk
      })
      response.once('error', reject)
      response.once('end', () => resolve({ status: response.statusCode ?? 0, body }))
    })
    call.setTimeout(timeoutMs, () => call.destroy(new Error(`no answer for ${timeoutMs} ms`)))
    call.once('error', reject)
    call.end()
  })

/** Why no container of an image can be started here; null when one can. An image that is not there yet is pulled. */
export async function imageProblem(image: string): Promise<string | null> {
  const options = engine()
  if (options === null) return 'there is no container engine'
  try {
    const ping = await ask(options, 'GET', '/_ping', 2_000)
    if (ping.status !== 200) return `the container engine answers /_ping with status ${ping.status}`
  } catch (error) {
    return `no container engine answers: ${error instanceof Error ? error.message : String(error)}`
  }
  try {
    const found = await ask(options, 'GET', `/images/${image}/json`, 10_000)
    if (found.status === 200) return null
    const [name = '', tag = 'latest'] = image.split(':')
    const path = `/images/create?fromImage=${encodeURIComponent(name)}&tag=${encodeURIComponent(tag)}`
    const pulled = await ask(options, 'POST', path, PULL_TIMEOUT_MS)
    if (pulled.status === 200 && !pulled.body.includes('"error"')) return null
    return `the image ${image} is not here and cannot be pulled (status ${pulled.status})`
  } catch (error) {
    return `the image ${image} cannot be pulled: ${error instanceof Error ? error.message : String(error)}`
  }
}

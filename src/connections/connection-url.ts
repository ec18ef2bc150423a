import { ConfigurationError } from '../errors/connection-errors.js'
import { quote } from '../errors/quote.js'
import { checkConnectionOptions } from './check-connection-options.js'
import {
  type ConnectionOptions,
  connectionDefaults,
  type EmbeddedOptions,
  type NodeAddress,
  type TlsOptions,
} from './connection-options.js'
import { nearest } from './option-checks.js'

/**
 * The forms that a URL can have, and the parameters that may follow a `?`:
 *
 *     redis://user:password@host:6379/0?replicas=h2:6379,h3   rediss://…   with TLS
 *     redis+cluster://user:password@h1:7001,h2     rediss+cluster://…   with TLS
 *     embedded://?primaries=3&replicas=1
 */
const kinds = {
  'redis:': { kind: 'standalone', tls: false },
  'rediss:': { kind: 'standalone', tls: true },
  'redis+cluster:': { kind: 'cluster', tls: false },
  'rediss+cluster:': { kind: 'cluster', tls: true },
  'embedded:': { kind: 'embedded', tls: false },
} as const

type Protocol = keyof typeof kinds

const numbers = ['connectTimeoutMs', 'requestTimeoutMs', 'retryForMs'] as const
const tlsTexts = ['caFile', 'certFile', 'keyFile', 'servername'] as const

const parameters = {
  standalone: ['keyPrefix', ...numbers, 'replicas'],
  cluster: ['keyPrefix', ...numbers, 'maxRedirections', 'natMap'],
  embedded: ['keyPrefix', ...numbers, 'primaries', 'replicas'],
} as const
const tlsParameters = [...tlsTexts.map((name) => `tls.${name}`), 'tls.rejectUnauthorized']

/** Splits a URL by hand: the standard parser knows one host only. */
const URL_FORM = /^([a-z+]+:)\/\/(?:([^@/?#]*)@)?([^/?#]*)(?:\/([^?#]*))?(?:\?([^#]*))?$/i

/**
 * Reads a connection URL. Reserved characters in user, password and parameters are percent-encoded.
 * @param name Name of the connection, for messages.
 * @throws ConfigurationError for a URL or parameter of another form. Messages never show the password.
 */
export function parseConnectionUrl(url: string, name = 'default'): ConnectionOptions {
  const subject = `Connection [${name}]`
  const refuse = (problem: string): never => {
    throw new ConfigurationError(`${subject}: ${problem} in the URL ${quote(withoutPassword(url), 200)}`)
  }
  const match = URL_FORM.exec(url)
  if (match === null) return refuse('there is no scheme://host')
  const [, protocol = '', credentials, hosts = '', path = '', query = ''] = match
  const scheme = protocol.toLowerCase()
  if (!isProtocol(scheme)) {
    const near = nearest(scheme, Object.keys(kinds))
    return refuse(`the scheme is none of ${Object.keys(kinds).join(' ')}${near ? ` (did you mean ${near}?)` : ''}`)
  }
  const { kind, tls } = kinds[scheme]
  const decode = (text: string): string => {
    try {
      return decodeURIComponent(text)
    } catch {
      return refuse('a percent sign is not followed by two hexadecimal digits')
    }
  }
  const address = (text: string): NodeAddress => {
    const parts = /^(?:\[([^\]]+)\]|([^:]*))(?::(\d+))?$/.exec(text)
    if (parts === null) return refuse(`${quote(text)} is not host:port`)
    const host = decode(parts[1] ?? parts[2] ?? '') || connectionDefaults.host
    return { host, port: parts[3] === undefined ? connectionDefaults.port : Number(parts[3]) }
  }

  const options: Record<string, unknown> = { kind }
  if (credentials !== undefined) {
    if (kind === 'embedded') refuse('the embedded cluster has no users')
    const colon = credentials.indexOf(':')
    const username = decode(colon < 0 ? credentials : credentials.slice(0, colon))
    if (username !== '') options.username = username
    if (colon >= 0) options.password = decode(credentials.slice(colon + 1))
  }
  const tlsOptions: Record<string, unknown> = {}
  for (const [parameter, value] of new URLSearchParams(query)) {
    const known: readonly string[] = tls ? [...parameters[kind], ...tlsParameters] : parameters[kind]
    if (!known.includes(parameter)) {
      const near = nearest(parameter, known)
      refuse(`there is no parameter ${parameter} (${near ? `did you mean ${near}?` : `known are ${known.join(', ')}`})`)
    }
    if (parameter === 'replicas' && kind === 'standalone') options.replicas = value.split(',').map(address)
    else if (parameter === 'natMap') options.natMap = parseNatMap(value, address, refuse)
    else if (parameter === 'keyPrefix') options.keyPrefix = value
    else if (parameter === 'tls.rejectUnauthorized') tlsOptions.rejectUnauthorized = parseFlag(value, refuse)
    else if (parameter.startsWith('tls.')) tlsOptions[parameter.slice(4)] = value
    else options[parameter] = /^\d+$/.test(value) ? Number(value) : value
  }
  if (tls) options.tls = Object.keys(tlsOptions).length === 0 ? true : tlsOptions

  switch (kind) {
    case 'standalone':
      Object.assign(options, address(hosts))
      if (path !== '') options.database = /^\d+$/.test(path) ? Number(path) : decode(path)
      break
    case 'cluster':
      if (path !== '' && path !== '0') refuse('a cluster has no database but 0')
      options.nodes = hosts.split(',').map(address)
      break
    case 'embedded':
      if (hosts !== '' || path !== '') refuse('the embedded cluster has no address')
      break
    default:
      kind satisfies never
  }
  checkConnectionOptions(name, options)
  return options
}

/**
 * Writes options as a URL, which `parseConnectionUrl` reads back to the same. Defaults are left out.
 * @throws ConfigurationError for what has no place in a URL: certificates and keys given as text rather than as files.
 */
export function formatConnectionUrl(options: ConnectionOptions): string {
  checkConnectionOptions('default', options)
  const query = new URLSearchParams()
  if (options.keyPrefix) query.set('keyPrefix', options.keyPrefix)
  for (const number of numbers) if (options[number] !== undefined) query.set(number, String(options[number]))
  if (options.kind === 'embedded') return `embedded://${formatQuery(embeddedQuery(options, query))}`

  if (typeof options.tls === 'object') tlsQuery(options.tls, query)
  const scheme = `redis${options.tls ? 's' : ''}${options.kind === 'cluster' ? '+cluster' : ''}`
  const user = options.username === undefined ? '' : encodeURIComponent(options.username)
  const credentials = options.password === undefined ? '' : `${user}:${encodeURIComponent(options.password)}@`
  if (options.kind === 'standalone') {
    const { host = connectionDefaults.host, port = connectionDefaults.port, database } = options
    const path = database === undefined ? '' : `/${database}`
    if (options.replicas?.length) query.set('replicas', options.replicas.map(formatNode).join(','))
    return `${scheme}://${credentials}${formatNode({ host, port })}${path}${formatQuery(query)}`
  }
  if (options.maxRedirections !== undefined) query.set('maxRedirections', String(options.maxRedirections))
  if (options.natMap !== undefined) {
    const entries = Object.entries(options.natMap)
    query.set('natMap', entries.map(([announced, node]) => `${announced}>${formatNode(node)}`).join(','))
  }
  return `${scheme}://${credentials}${options.nodes.map(formatNode).join(',')}${formatQuery(query)}`
}

/** The URL with its password masked, for messages and logs. */
export const withoutPassword = (url: string): string => url.replace(/^([a-z+]+:\/\/[^:@/?#]*):[^@/?#]*@/i, '$1:***@')

const isProtocol = (scheme: string): scheme is Protocol => Object.hasOwn(kinds, scheme)

const parseFlag = (value: string, refuse: (problem: string) => never): boolean => {
  if (value === 'true' || value === 'false') return value === 'true'
  return refuse(`${quote(value)} is neither true nor false`)
}

/** `10.0.0.5:6379>127.0.0.1:7001,10.0.0.6:6379>127.0.0.1:7002` */
const parseNatMap = (
  value: string,
  address: (text: string) => NodeAddress,
  refuse: (problem: string) => never,
): Record<string, NodeAddress> => {
  if (value === '') return {}
  return Object.fromEntries(
    value.split(',').map((entry) => {
      const [announced = '', reachable] = entry.split('>')
      if (reachable === undefined) return refuse(`natMap entry ${quote(entry)} is not announced:port>reachable:port`)
      return [announced, address(reachable)]
    }),
  )
}

const formatNode = ({ host, port }: NodeAddress): string =>
  `${host.includes(':') ? `[${host}]` : encodeURIComponent(host)}:${port}`

const formatQuery = (query: URLSearchParams): string => (query.size === 0 ? '' : `?${query}`)

const embeddedQuery = (options: EmbeddedOptions, query: URLSearchParams): URLSearchParams => {
  if (options.primaries !== undefined) query.set('primaries', String(options.primaries))
  if (options.replicas !== undefined) query.set('replicas', String(options.replicas))
  return query
}

const tlsQuery = (tls: TlsOptions, query: URLSearchParams): void => {
  for (const inline of ['ca', 'cert', 'key'] as const) {
    if (tls[inline] !== undefined) {
      throw new ConfigurationError(`option tls.${inline} has no place in a URL; give tls.${inline}File instead`)
    }
  }
  for (const name of tlsTexts) if (tls[name] !== undefined) query.set(`tls.${name}`, tls[name])
  if (tls.rejectUnauthorized !== undefined) query.set('tls.rejectUnauthorized', String(tls.rejectUnauthorized))
}

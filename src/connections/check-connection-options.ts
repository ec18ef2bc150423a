import { ConfigurationError } from '../errors/connection-errors.js'
import { quote } from '../errors/quote.js'
import type { ConnectionOptions } from './connection-options.js'
import { checkOptions, flag, integer, nearest, type OptionCheck, text } from './option-checks.js'

const DAY_MS = 86_400_000

const keyPrefix: OptionCheck = (value) =>
  typeof value === 'string' && !/[{}]/.test(value)
    ? undefined
    : 'a text without { and }, which would change the slot of a key'

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const port = integer(1, 65_535)

const common = {
  kind: text,
  keyPrefix,
  connectTimeoutMs: integer(1, DAY_MS, 'milliseconds'),
  requestTimeoutMs: integer(1, DAY_MS, 'milliseconds'),
  retryForMs: integer(0, DAY_MS, 'milliseconds'),
}

const tlsChecks = {
  ca: text,
  caFile: text,
  cert: text,
  certFile: text,
  key: text,
  keyFile: text,
  servername: text,
  rejectUnauthorized: flag,
}

const nodeChecks = { host: text, port }

/** One literal for each kind: the names of its options and what each must be. */
const checksFor = (subject: string) => {
  const address: OptionCheck = (value, path) => {
    if (!isObject(value)) return '{ host, port }'
    checkOptions(subject, value, nodeChecks, ['host', 'port'], `${path}.`)
    return undefined
  }
  const addresses =
    (least: number): OptionCheck =>
    (value, path) => {
      if (!Array.isArray(value) || value.length < least) {
        return `a list of ${least > 0 ? 'at least one ' : ''}{ host, port }`
      }
      for (const [index, node] of value.entries()) {
        const expected = address(node, `${path}[${index}]`)
        if (expected !== undefined) return `a list of { host, port } (entry ${index} is ${quote(node)})`
      }
      return undefined
    }
  const security = {
    username: text,
    password: text,
    tls: ((value, path) => {
      if (typeof value === 'boolean') return undefined
      if (!isObject(value)) return 'true, false or an object of TLS options'
      checkOptions(subject, value, tlsChecks, [], `${path}.`)
      return undefined
    }) satisfies OptionCheck,
  }
  return {
    standalone: { ...common, ...security, host: text, port, database: integer(0, 1_000_000), replicas: addresses(0) },
    cluster: {
      ...common,
      ...security,
      nodes: addresses(1),
      natMap: ((value, path) => {
        if (!isObject(value)) return "an object such as { '10.0.0.5:6379': { host, port } }"
        for (const [announced, node] of Object.entries(value)) {
          if (!/^.+:\d+$/.test(announced)) return `keys of the form host:port (one is ${quote(announced)})`
          const expected = address(node, `${path}[${announced}]`)
          if (expected !== undefined) return `{ host, port } for ${quote(announced)}`
        }
        return undefined
      }) satisfies OptionCheck,
      maxRedirections: integer(0, 1_000),
    },
    embedded: { ...common, primaries: integer(1, 100), replicas: integer(0, 10) },
  } satisfies Record<ConnectionOptions['kind'], Readonly<Record<string, OptionCheck>>>
}

/**
 * Refuses options that cannot work, before any socket opens.
 * @param name Name of the connection, for messages.
 * @throws ConfigurationError that names the option and its value; for an unknown name also the nearest known one.
 */
export function checkConnectionOptions(name: string, options: unknown): asserts options is ConnectionOptions {
  const subject = `Connection [${name}]`
  if (!isObject(options))
    throw new ConfigurationError(`${subject}: options must be an object or a URL, got ${quote(options)}`)
  const checks = checksFor(subject)
  const kind: unknown = Reflect.get(options, 'kind')
  switch (kind) {
    case 'standalone':
      checkOptions(subject, options, checks.standalone)
      break
    case 'cluster':
      checkOptions(subject, options, checks.cluster, ['nodes'])
      break
    case 'embedded':
      checkOptions(subject, options, checks.embedded)
      break
    default: {
      const near = typeof kind === 'string' ? nearest(kind, Object.keys(checks)) : undefined
      const hint = near === undefined ? '' : `; did you mean '${near}'?`
      throw new ConfigurationError(
        `${subject}: option kind is ${quote(kind)}, expected one of ${Object.keys(checks).join(', ')}${hint}`,
      )
    }
  }
  if ('username' in options && options.username !== undefined && Reflect.get(options, 'password') === undefined) {
    throw new ConfigurationError(`${subject}: option username is given without password`)
  }
}

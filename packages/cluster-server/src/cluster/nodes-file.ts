import { SLOT_COUNT } from '../slot.js'
import { isHostname, isNodeAddress } from './node-address.js'
import { flagNames, NODE_FLAGS, parseFlagNames } from './node-flags.js'
import { isNodeId } from './node-id.js'
import { rangesText, type SlotRange } from './slot-ranges.js'

/** What a node keeps of its cluster over a restart: the content of nodes.conf. */
export interface NodesFile {
  readonly currentEpoch: number
  readonly lastVoteEpoch: number
  /** In the order of the file; one of them is `myself`. */
  readonly nodes: readonly NodesFileEntry[]
}

/** One node of a file. */
export interface NodesFileEntry {
  readonly id: string
  /** '' while it is not known. */
  readonly ip: string
  readonly port: number
  readonly busPort: number
  readonly hostname: string
  /** Bits of `NODE_FLAGS`; those that `flagNames` has no name for are not kept. */
  readonly flags: number
  readonly primaryId: string | null
  /** Milliseconds since 1970; 0 for never. */
  readonly pingSentMs: number
  readonly pongReceivedMs: number
  /** Of a replica its primary's. */
  readonly configEpoch: number
  readonly isConnected: boolean
  readonly slots: readonly SlotRange[]
  /** Slot to the id of the node that takes it over; only `myself` has some, as of `importing`. */
  readonly migrating: ReadonlyMap<number, string>
  readonly importing: ReadonlyMap<number, string>
}

/** A text is no nodes.conf, or not a whole one. */
export class NodesFileError extends Error {
  override readonly name = 'NodesFileError'

  /** @param lineNumber counted from 1; without one something is missing from the whole */
  constructor(
    readonly reason: string,
    readonly lineNumber?: number,
  ) {
    super(lineNumber === undefined ? reason : `line ${lineNumber}: ${reason}`)
  }
}

/**
 * The text of nodes.conf, byte for byte as Redis 7.0 writes it of the same nodes in the same order.
 * @param file its nodes without those in a handshake
 */
export const formatNodesFile = ({ nodes, currentEpoch, lastVoteEpoch }: NodesFile): string =>
  `${nodes.map((node) => `${formatNodeLine(node)}\n`).join('')}vars currentEpoch ${currentEpoch} lastVoteEpoch ${lastVoteEpoch}\n`

/**
 * The line of a node, without its end: in nodes.conf, and in the replies of CLUSTER NODES and CLUSTER REPLICAS.
 * Source of the format: `clusterGenNodeDescription` in cluster.c of Redis 7.0.15.
 */
export const formatNodeLine = (node: NodesFileEntry): string => {
  const hostname = node.hostname === '' ? '' : `,${node.hostname}`
  const linkState = node.isConnected ? 'connected' : 'disconnected'
  return (
    `${node.id} ${node.ip}:${node.port}@${node.busPort}${hostname} ${flagNames(node.flags)} ${node.primaryId ?? '-'} ` +
    `${node.pingSentMs} ${node.pongReceivedMs} ${node.configEpoch} ${linkState}` +
    rangesText(node.slots) +
    movingText(node)
  )
}

/** As in Redis, a slot that is on its way out and in is shown on its way out. */
const movingText = ({ migrating, importing }: NodesFileEntry): string => {
  if (migrating.size === 0 && importing.size === 0) return ''
  return [...new Set([...migrating.keys(), ...importing.keys()])]
    .sort((a, b) => a - b)
    .map((slot) => {
      const target = migrating.get(slot)
      return target === undefined ? ` [${slot}-<-${importing.get(slot)}]` : ` [${slot}->-${target}]`
    })
    .join('')
}

/**
 * Reads what Redis 7.0 writes. Unlike redis-server, which loads whatever it can make sense of, it refuses a text that
 * was cut off, or that redis-server would not have written: a number that is none, a node or a slot that is there twice,
 * a node that is named and not there.
 * @param text latin1
 * @param warn is told of variables that are passed over, in Redis' words
 * @throws NodesFileError
 */
export const parseNodesFile = (text: string, warn: (message: string) => void = () => {}): NodesFile => {
  const lines = text.split('\n')
  const afterLast = lines.pop()
  if (afterLast !== '') throw new NodesFileError('the file was cut off: this line does not end', lines.length + 1)
  const variables = new Map<string, number>()
  const nodes: NodesFileEntry[] = []
  lines.forEach((line, index) => {
    const words = line.split(/[ \t\r\v\f]+/).filter((word) => word !== '')
    const [first] = words
    // Redis pads a file that became shorter with empty lines until it has cut it.
    if (first === undefined) return
    const reader = new LineReader(index + 1)
    if (first.toLowerCase() === 'vars') reader.variables(words.slice(1), variables, warn)
    else nodes.push(reader.node(words))
  })
  checkWhole(nodes)
  const currentEpoch = variables.get('currentepoch')
  const lastVoteEpoch = variables.get('lastvoteepoch')
  if (currentEpoch === undefined || lastVoteEpoch === undefined) {
    throw new NodesFileError('the file was cut off: the line of its variables is missing')
  }
  return { currentEpoch, lastVoteEpoch, nodes }
}

/** Files of Redis 3 do not tell the port of the bus. */
const BUS_PORT_DISTANCE = 10_000
const NO_SLOTS: ReadonlyMap<number, string> = new Map()
const MOVING_SLOT = /^\[(\d{1,5})-([<>])-([^\]]*)\]$/
const SLOT_RANGE = /^(\d{1,5})(?:-(\d{1,5}))?$/

/** Reads the words of one line, in which every error names it. */
class LineReader {
  readonly #lineNumber: number

  constructor(lineNumber: number) {
    this.#lineNumber = lineNumber
  }

  variables(words: readonly string[], variables: Map<string, number>, warn: (message: string) => void): void {
    if (words.length % 2 !== 0) this.#refuse(`the variable "${words.at(-1)}" has no value`)
    for (let at = 0; at < words.length; at += 2) {
      const [name = '', value = ''] = words.slice(at, at + 2)
      const key = name.toLowerCase()
      if (key === 'currentepoch' || key === 'lastvoteepoch') variables.set(key, this.#number(value, 'an epoch'))
      else warn(`Skipping unknown cluster config variable '${name}'`)
    }
  }

  node(words: readonly string[]): NodesFileEntry {
    if (words.length < 8) this.#refuse(`a node has at least 8 fields, here are ${words.length}`)
    const [id = '', address = '', names = '', primary = '', pingSent = '', pongReceived = '', epoch = '', state = ''] =
      words
    const flags = parseFlagNames(names)
    if (flags === undefined) this.#refuse(`"${names}" are no flags of a node`)
    if (state !== 'connected' && state !== 'disconnected') this.#refuse(`"${state}" is no state of a connection`)
    return {
      id: this.#nodeId(id),
      ...this.#address(address),
      flags,
      primaryId: primary === '-' ? null : this.#nodeId(primary),
      pingSentMs: this.#number(pingSent, 'a time'),
      pongReceivedMs: this.#number(pongReceived, 'a time'),
      configEpoch: this.#number(epoch, 'an epoch'),
      isConnected: state === 'connected',
      ...this.#slots(words.slice(8)),
    }
  }

  #refuse(reason: string): never {
    throw new NodesFileError(reason, this.#lineNumber)
  }

  #nodeId(text: string): string {
    return isNodeId(text) ? text : this.#refuse(`"${text}" is no id of a node`)
  }

  #number(text: string, what: string, limit = Number.MAX_SAFE_INTEGER): number {
    const number = /^\d{1,20}$/.test(text) ? Number(text) : Number.NaN
    return number <= limit ? number : this.#refuse(`"${text}" is not ${what}`)
  }

  /** `ip:port[@busPort][,hostname]`; an IPv6 address has more colons. */
  #address(text: string): Pick<NodesFileEntry, 'ip' | 'port' | 'busPort' | 'hostname'> {
    const comma = text.indexOf(',')
    const hostname = comma === -1 ? '' : text.slice(comma + 1)
    const place = comma === -1 ? text : text.slice(0, comma)
    const colon = place.lastIndexOf(':')
    const ip = place.slice(0, Math.max(0, colon))
    if (colon === -1 || !isNodeAddress(ip)) this.#refuse(`"${place}" is no address of a node`)
    if (!isHostname(hostname)) this.#refuse(`"${hostname}" is no name of a host`)
    const [port = '', busPort, ...more] = place.slice(colon + 1).split('@')
    if (more.length > 0) this.#refuse(`"${place}" is no address of a node`)
    const clientPort = this.#number(port, 'a port', 0xffff)
    return {
      ip,
      port: clientPort,
      busPort: busPort === undefined ? clientPort + BUS_PORT_DISTANCE : this.#number(busPort, 'a port', 0xffff),
      hostname,
    }
  }

  #slots(words: readonly string[]): Pick<NodesFileEntry, 'slots' | 'migrating' | 'importing'> {
    const slots: SlotRange[] = []
    const migrating = new Map<number, string>()
    const importing = new Map<number, string>()
    for (const word of words) {
      const moving = MOVING_SLOT.exec(word)
      if (moving !== null) {
        const [, slot = '', direction, id = ''] = moving
        const into = direction === '>' ? migrating : importing
        into.set(this.#slot(slot, word), this.#nodeId(id))
        continue
      }
      const range = SLOT_RANGE.exec(word)
      if (range === null) this.#refuse(`"${word}" are no slots`)
      const [, first = '', last = first] = range
      const start = this.#slot(first, word)
      const end = this.#slot(last, word)
      if (start > end) this.#refuse(`"${word}" are no slots`)
      slots.push({ start, end })
    }
    return {
      slots,
      migrating: migrating.size === 0 ? NO_SLOTS : migrating,
      importing: importing.size === 0 ? NO_SLOTS : importing,
    }
  }

  #slot(text: string, word: string): number {
    const slot = Number(text)
    return slot < SLOT_COUNT ? slot : this.#refuse(`"${word}" are no slots`)
  }
}

/** What the lines say together. */
const checkWhole = (nodes: readonly NodesFileEntry[]): void => {
  const ids = new Set<string>()
  const owned = new Uint8Array(SLOT_COUNT)
  for (const { id, slots } of nodes) {
    if (ids.has(id)) throw new NodesFileError(`node ${id} is there twice`)
    ids.add(id)
    for (const { start, end } of slots) {
      const taken = owned.subarray(start, end + 1).indexOf(1)
      if (taken !== -1) throw new NodesFileError(`slot ${start + taken} belongs to two nodes`)
      owned.fill(1, start, end + 1)
    }
  }
  for (const { id, primaryId, migrating, importing } of nodes) {
    for (const named of [primaryId, ...migrating.values(), ...importing.values()]) {
      if (named !== null && !ids.has(named)) throw new NodesFileError(`node ${id} names ${named}, which is not there`)
    }
  }
  const own = nodes.filter(({ flags }) => (flags & NODE_FLAGS.myself) !== 0)
  if (own.length !== 1) throw new NodesFileError(`${own.length} of its nodes are flagged as myself, not one`)
}

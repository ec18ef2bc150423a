/** Where a server stands in the stream of writes, as `INFO replication` tells. */
export interface ReplicationInfo {
  readonly role: 'primary' | 'replica'
  /** 40 hexadecimal digits: the history to which the offset belongs. A failover begins another one. */
  readonly history: string
  /** Bytes of the stream: written by a primary, applied by a replica. */
  readonly offset: number
  /** Whether a replica has its primary on the line; true of a primary. */
  readonly isLinked: boolean
}

/** Reads the reply of `INFO replication`; null for a text of another form. */
export function parseReplicationInfo(reply: unknown): ReplicationInfo | null {
  if (typeof reply !== 'string') return null
  const field = (name: string): string | undefined => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(reply)?.[1]
  const role = field('role')
  const history = field('master_replid')
  const offset = Number(field(role === 'slave' ? 'slave_repl_offset' : 'master_repl_offset'))
  if ((role !== 'master' && role !== 'slave') || history === undefined || !Number.isSafeInteger(offset)) return null
  if (role === 'master') return { role: 'primary', history, offset, isLinked: true }
  return { role: 'replica', history, offset, isLinked: field('master_link_status') !== 'down' }
}

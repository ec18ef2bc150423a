import { randomBytes } from 'node:crypto'

/** A new node id, or replication id: 40 random lower-case hexadecimal digits. */
export const createNodeId = (): string => randomBytes(20).toString('hex')

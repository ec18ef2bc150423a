import { randomBytes } from 'node:crypto'

/** A new node id, or replication id: 40 random lower-case hexadecimal digits. */
export const createNodeId = (): string => randomBytes(20).toString('hex')

const nodeIdPattern = /^[0-9a-f]{40}$/

/** Whether a text has the form of a node id. */
export const isNodeId = (text: string): boolean => nodeIdPattern.test(text)

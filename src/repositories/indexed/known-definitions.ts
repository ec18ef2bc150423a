import type { Connection } from '../../connections/connection.js'
import { InvalidStateError } from '../../errors/usage-errors.js'
import type { ModelSchema } from '../../schema/model-schema.js'
import {
  ownDefinition,
  parseDefinition,
  type StoredDefinition,
  type WriterTerms,
  writerTerms,
} from './index-definition.js'
import type { Partition } from './layout.js'

/** Whether an index is known to be ready in every partition that this process has seen; if not, a query does without it. */
export function isKnownReady(
  connection: Connection,
  schema: ModelSchema,
  partitions: readonly Partition[],
  name: string,
): boolean {
  return partitions.every((partition) => readyIn(textOf(connection, schema, partition)).has(name))
}

/** The terms under a text if nothing has to be agreed on first; else null. */
export function termsFor(schema: ModelSchema, stored: string): WriterTerms | null {
  if (stored === '') return null
  const terms = writerTermsOf(schema, stored)
  return terms.text === stored && !isLeaving(schema, parsed(stored)) ? terms : null
}

/** The names of the indexes that are ready under a stored definition, '' for none. */
export function readyIn(stored: string): ReadonlySet<string> {
  const known = readyByText.get(stored)
  if (known !== undefined) return known
  const { indexes } = stored === '' ? { indexes: new Map() } : parsed(stored)
  const ready = new Set([...indexes].filter(([, { state }]) => state === 'ready').map(([name]) => name))
  keep(readyByText, stored, ready)
  return ready
}

/** A stored definition, read. */
export function parsed(stored: string): StoredDefinition {
  const known = parsedByText.get(stored)
  if (known !== undefined) return known
  const definition = parseDefinition(stored)
  keep(parsedByText, stored, definition)
  return definition
}

function writerTermsOf(schema: ModelSchema, stored: string): WriterTerms {
  const ofSchema = termsBySchema.get(schema) ?? new Map<string, WriterTerms>()
  termsBySchema.set(schema, ofSchema)
  const known = ofSchema.get(stored)
  if (known !== undefined) return known
  const terms = writerTerms(schema, stored)
  keep(ofSchema, stored, terms)
  return terms
}

/** What is believed to be stored; the model's own definition where nothing else was seen. */
export function textOf(connection: Connection, schema: ModelSchema, partition: Partition): string {
  return seenBy.get(connection.origin ?? connection)?.get(partition.keys[0]) ?? ownDefinition(schema)
}

/** Takes note of what is stored. */
export function remember(connection: Connection, schema: ModelSchema, partition: Partition, stored: string): void {
  const own = connection.origin ?? connection
  const seen = seenBy.get(own) ?? new Map<string, string>()
  seenBy.set(own, seen)
  if (stored === ownDefinition(schema)) seen.delete(partition.keys[0])
  else seen.set(partition.keys[0], stored)
}

/** Texts are few: a definition changes with a release. The bound is for those who change it all the time. */
function keep<Value>(memory: Map<string, Value>, name: string, value: Value): void {
  if (memory.size >= 1000) memory.clear()
  memory.set(name, value)
}

/**
 * Lets a schema be read and written in partitions that the model is leaving. Only for what moves it, and for repositories that
 * answer from both places.
 */
export function allowDuringMove(schema: ModelSchema): void {
  movers.add(schema)
}

/** Whether a schema may not be used in a partition with this definition. */
export function isLeaving(schema: ModelSchema, { movesTo }: StoredDefinition): boolean {
  return movesTo !== null && !movers.has(schema)
}

/** Throws `LeavingError` where a schema may not be used under a definition. */
export function checkStays(schema: ModelSchema, definition: StoredDefinition): void {
  if (!isLeaving(schema, definition)) return
  throw new LeavingError(schema, definition.movesTo ?? 0)
}

/** The model leaves the partitions that were to be read or written. Nothing was done. */
export class LeavingError extends InvalidStateError {
  constructor({ modelName, partitions }: ModelSchema, movesTo: number) {
    super(
      `The model [${modelName}] is being moved from ${partitions} to ${movesTo} partitions: it cannot be read or written ` +
        `with ${partitions} alone. Run a release that knows of the move: migratingFrom({ partitions: ${partitions} }).`,
    )
  }
}

const seenBy = new WeakMap<Connection, Map<string, string>>()
const readyByText = new Map<string, ReadonlySet<string>>()
const parsedByText = new Map<string, StoredDefinition>()
const termsBySchema = new WeakMap<ModelSchema, Map<string, WriterTerms>>()
const movers = new WeakSet<ModelSchema>()

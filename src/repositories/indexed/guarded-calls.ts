import type { Connection, Outcome, Script } from '../../connections/connection.js'
import { ServerError } from '../../errors/connection-errors.js'
import { IndexNotReadyError } from '../../errors/index-errors.js'
import { InvalidStateError } from '../../errors/usage-errors.js'
import type { ModelSchema } from '../../schema/model-schema.js'
import { list, text, valueOfOutcome } from '../replies.js'
import { ownDefinition, parseDefinition, type WriterTerms, writerTerms } from './index-definition.js'
import type { IndexNeeds } from './index-needs.js'
import { checkStays, isLeaving, parsed, readyIn, remember, termsFor, textOf } from './known-definitions.js'
import type { Partition } from './layout.js'
import { executeTogether } from './partition-batches.js'
import { changeDefinitionScript, readDefinitionScript } from './scripts/definition-scripts.js'

/** How often a call is repeated because others keep changing the definition of its partition. */
const MOST_ATTEMPTS = 50

/** A query was planned with an index that is not ready; what is known has changed, and it is planned anew. */
class OutdatedPlanError extends Error {}

/** Asks a query again as often as a composite index with which it was planned turns out not to be ready. */
export async function replanned<Answer>(schema: ModelSchema, ask: () => Promise<Answer>): Promise<Answer> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof OutdatedPlanError)) throw error
      checkAttempts(schema, attempt)
    }
  }
}

/** A script call in one partition, without the arguments that its guard reads. */
export interface PartitionCall {
  readonly partition: Partition
  readonly script: Script
  readonly args: readonly (string | number)[]
  /** Of a query: rows that the answer has at most; absent: none. */
  readonly rows?: number
}

/** Calls a write script; see `executeGuarded`. Throws the error of the call. */
export async function sendGuarded(connection: Connection, schema: ModelSchema, call: PartitionCall): Promise<unknown> {
  const known = termsFor(schema, textOf(connection, schema, call.partition))
  if (known !== null) {
    try {
      const args = [...guardArguments(schema, known), ...call.args]
      return await connection.send({ type: 'script', script: call.script, keys: call.partition.keys, args })
    } catch (error) {
      if (!isOtherDefinition(error)) throw error
    }
  }
  const [outcome] = await executeGuarded(connection, schema, [call])
  return valueOfOutcome(outcome)
}

/**
 * Calls write scripts that begin with the guard (`scripts/guard.ts`). Where the stored definition of a partition is another
 * one than was believed, it is read, changed so that it tells what this release writes, and the call is made again. Outcomes
 * run beside the calls.
 */
export async function executeGuarded(
  connection: Connection,
  schema: ModelSchema,
  calls: readonly PartitionCall[],
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = new Array(calls.length)
  let waiting = calls.map((call, place) => ({ call, place }))
  for (let attempt = 0; waiting.length > 0; attempt++) {
    checkAttempts(schema, attempt)
    const terms = new Map<Partition, WriterTerms>()
    for (const { call } of waiting) {
      if (terms.has(call.partition)) continue
      const known = attempt === 0 ? termsFor(schema, textOf(connection, schema, call.partition)) : null
      terms.set(call.partition, known ?? (await agree(connection, schema, call.partition)))
    }
    const answers = await connection.execute(
      waiting.map(({ call: { partition, script, args } }) => {
        const agreed = terms.get(partition) ?? writerTerms(schema, ownDefinition(schema))
        return { type: 'script', script, keys: partition.keys, args: [...guardArguments(schema, agreed), ...args] }
      }),
    )
    waiting = waiting.filter(({ place }, index) => {
      const answer = answers[index]
      if (answer === undefined) throw new TypeError('A connection answered fewer requests than it was sent.')
      outcomes[place] = answer
      return !answer.ok && isOtherDefinition(answer.error)
    })
  }
  return outcomes
}

/** The arguments that the guard of a write script reads in a partition; agrees on the definition first where that is needed. */
export async function guardArgumentsFor(
  connection: Connection,
  schema: ModelSchema,
  partition: Partition,
  options: { readonly refresh: boolean },
): Promise<readonly (string | number)[]> {
  const known = options.refresh ? null : termsFor(schema, textOf(connection, schema, partition))
  return guardArguments(schema, known ?? (await agree(connection, schema, partition)))
}

/**
 * Calls query scripts that begin with `expectDefinition`. Throws `IndexNotReadyError` where an index that is needed lacks
 * records in a partition that is asked, and the error of any call.
 */
export async function executeQueries(
  connection: Connection,
  schema: ModelSchema,
  needs: IndexNeeds,
  calls: readonly PartitionCall[],
  onSent: (commands: number) => void = () => {},
): Promise<readonly unknown[]> {
  const values: unknown[] = new Array(calls.length)
  let waiting = calls.map((call, place) => ({ call, place }))
  for (let attempt = 0; waiting.length > 0; attempt++) {
    checkAttempts(schema, attempt)
    const doubtful = new Set(
      waiting
        .map(({ call }) => call.partition)
        .filter((partition) => attempt > 0 || isDoubtful(schema, textOf(connection, schema, partition), needs)),
    )
    if (doubtful.size > 0) await requireReady(connection, schema, needs, [...doubtful])
    const { outcomes, commands } = await executeTogether(
      connection,
      waiting.map(({ call: { partition, script, args, rows = 0 } }) => {
        const expected = textOf(connection, schema, partition)
        return { script, keys: partition.keys, args: [expected, ...args], rows }
      }),
    )
    onSent(commands)
    waiting = waiting.filter(({ place }, index) => {
      const answer = outcomes[index]
      if (answer !== undefined && !answer.ok && isOtherDefinition(answer.error)) return true
      values[place] = valueOfOutcome(answer)
      return false
    })
  }
  return values
}

/** Reads the stored definitions of partitions anew; null where none is stored and there are no records. */
export async function readDefinitions(
  connection: Connection,
  schema: ModelSchema,
  partitions: readonly Partition[],
): Promise<readonly (string | null)[]> {
  const answers = await connection.execute(
    partitions.map(({ keys }) => ({ type: 'script', script: readDefinitionScript, keys, args: [] })),
  )
  return answers.map((answer, index) => {
    const [stored, hasRecords] = list(valueOfOutcome(answer))
    const partition = partitions[index]
    const definition = text(stored) === '' && Number(hasRecords) === 0 ? null : text(stored)
    if (partition !== undefined) remember(connection, schema, partition, definition ?? ownDefinition(schema))
    return definition
  })
}

/** Stores a definition in place of another one; false where that one is not stored any more. */
export async function changeDefinition(
  connection: Connection,
  partition: Partition,
  from: string,
  to: string,
  options: Pick<WriterTerms, 'build' | 'emptied'>,
): Promise<boolean> {
  const args = [from, to, options.build, ...options.emptied]
  const reply = await connection.send({ type: 'script', script: changeDefinitionScript, keys: partition.keys, args })
  return Number(reply) === 1
}

/** True for the answer of a script that found another definition than it was given; nothing was done. */
export function isOtherDefinition(error: unknown): boolean {
  return error instanceof ServerError && error.replyCode === 'SCHEMA'
}

/**
 * Agrees on what is stored as a writer does: afterwards the definition of the partition names every index of the schema, if it
 * has records. Throws `InvalidStateError` where the model is being moved to another number of partitions.
 */
export async function agree(connection: Connection, schema: ModelSchema, partition: Partition): Promise<WriterTerms> {
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    const [stored] = await readDefinitions(connection, schema, [partition])
    if (stored === null || stored === undefined) return writerTerms(schema, ownDefinition(schema))
    const terms = writerTerms(schema, stored === '' ? null : stored)
    checkStays(schema, parseDefinition(terms.text))
    if (terms.text === stored) return terms
    if (await changeDefinition(connection, partition, stored, terms.text, terms)) {
      remember(connection, schema, partition, terms.text)
      return terms
    }
  }
  throw tooManyChanges(schema)
}

function guardArguments(schema: ModelSchema, terms: WriterTerms): (string | number)[] {
  if (terms.text === ownDefinition(schema)) return [terms.text, '']
  const unknown = terms.unknown.flatMap(({ kind, attributes }) => [kind, attributes.length, ...attributes])
  return [terms.text, terms.unknown.length, ...unknown]
}

async function requireReady(
  connection: Connection,
  schema: ModelSchema,
  needs: IndexNeeds,
  partitions: readonly Partition[],
): Promise<void> {
  const stored = await readDefinitions(connection, schema, partitions)
  const missing = new Map(stored.flatMap((definition) => (definition === null ? [] : lacking(definition, needs))))
  const attributes = [...missing].filter(([name]) => !isOptional(name)).flatMap(([, names]) => names)
  if (attributes.length > 0) throw new IndexNotReadyError(schema.modelName, [...new Set(attributes)])
  if (missing.size > 0) throw new OutdatedPlanError()
  for (const definition of stored) {
    if (definition !== null && definition !== '') checkStays(schema, parsed(definition))
  }
}

/** Whether a query must not be answered under a definition; it is read anew before that is said. */
function isDoubtful(schema: ModelSchema, stored: string, needs: IndexNeeds): boolean {
  return lacking(stored, needs).length > 0 || (stored !== '' && isLeaving(schema, parsed(stored)))
}

/** What a query needs and a definition cannot serve. */
function lacking(stored: string, needs: IndexNeeds): (readonly [name: string, attributes: readonly string[]])[] {
  const ready = readyIn(stored)
  return [...needs].filter(([name]) => !ready.has(name))
}

/** A query can do without a composite index. */
function isOptional(name: string): boolean {
  return name.startsWith('c:')
}

function checkAttempts(schema: ModelSchema, attempt: number): void {
  if (attempt >= MOST_ATTEMPTS) throw tooManyChanges(schema)
}

function tooManyChanges(schema: ModelSchema): Error {
  return new InvalidStateError(
    `The stored definition of the indexes of [${schema.modelName}] kept changing: releases with different definitions ` +
      'write at the same time. Try again when only one of them runs.',
  )
}

import type { Connection } from '../../connections/connection.js'
import type { ModelSchema } from '../../schema/model-schema.js'
import { applyChange } from '../apply-change.js'
import { checkChange, checkCondition } from '../check-change.js'
import { checkRecord } from '../check-record.js'
import { conditionAttributes } from '../condition-attributes.js'
import { matches } from '../evaluate.js'
import { fieldOf, fieldsOf, pairsOf } from '../fields.js'
import { checkOneSlot, keyOfWrite } from '../one-slot.js'
import { idOf } from '../record-keys.js'
import { list, texts, valueOfOutcome } from '../replies.js'
import type { StoredRecord, TransactionOutcome, TransactionWrite } from '../repository.js'
import { guardArgumentsFor, isOtherDefinition } from './guarded-calls.js'
import { InsertRows } from './insert-rows.js'
import { type Partition, partitionOfKey, recordKey, slotOf } from './layout.js'
import { recordOfHash } from './record-hash.js'
import { transactionScript } from './scripts/transaction-script.js'
import { changeArguments, indexArguments, isPlain, updateArguments } from './write-arguments.js'

/** How often a transaction is tried again because others changed what its conditions are about. */
const MOST_ATTEMPTS = 100

/**
 * Applies writes in one script. Conditions and increments are computed here from records that are read before; the script
 * writes nothing unless the values that they are about are still the same.
 */
export async function transactWrites(
  connection: Connection,
  writes: readonly TransactionWrite[],
): Promise<TransactionOutcome> {
  checkOneSlot(writes, (schema, key) => {
    const partition = partitionOfKey(schema, key)
    return partition && { key: recordKey(partition, idOf(key)), slot: slotOf(connection, partition) }
  })
  for (const write of writes) checkWrite(write)
  if (writes.length === 0) return { type: 'applied', values: [] }
  let refresh = false
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    const prepared = await prepare(connection, writes)
    if (!Array.isArray(prepared)) return prepared
    const { keys, args } = await callOf(connection, prepared, refresh)
    try {
      const reply = list(await connection.send({ type: 'script', script: transactionScript, keys, args }))
      const [place, outcome] = reply
      if (place === undefined) return { type: 'applied', values: prepared.map(({ values }) => values) }
      if (outcome === 'duplicate' || outcome === 'missing') {
        return { type: 'refused', write: Number(place) - 1, outcome }
      }
      refresh = false
    } catch (error) {
      if (!isOtherDefinition(error)) throw error
      refresh = true
    }
  }
  throw new Error('The transaction could not be applied: others kept changing its records.')
}

/** A write whose condition was tested and whose increments were computed. */
interface PreparedWrite {
  readonly write: TransactionWrite
  readonly partition: Partition
  /** What the stored record must still have, null for no value. */
  readonly expected: ReadonlyMap<string, string | null>
  readonly values: readonly string[]
}

function checkWrite(write: TransactionWrite): void {
  switch (write.type) {
    case 'insert':
      checkRecord(write.schema, write.record)
      return
    case 'update':
      checkChange(write.schema, write.change)
      return
    case 'delete':
      if (write.condition !== undefined) checkCondition(write.schema, write.condition)
      return
    default:
      throw new TypeError(`Unknown write: ${JSON.stringify(write satisfies never)}`)
  }
}

async function prepare(
  connection: Connection,
  writes: readonly TransactionWrite[],
): Promise<PreparedWrite[] | TransactionOutcome> {
  const conditional = writes.filter(isConditional)
  const stored = await read(connection, conditional)
  const prepared: PreparedWrite[] = []
  for (const [place, write] of writes.entries()) {
    const partition = knownPartition(write)
    const record = stored.get(write) ?? null
    if (record === null) prepared.push({ write, partition, expected: new Map(), values: [] })
    else {
      const tested = test(write, partition, record)
      if ('outcome' in tested) return { type: 'refused', write: place, outcome: tested.outcome }
      prepared.push(tested)
    }
  }
  return prepared
}

function isConditional(write: TransactionWrite): boolean {
  if (write.type === 'insert') return false
  if (write.type === 'delete') return write.condition !== undefined
  return write.change.condition !== undefined || (write.change.increments?.length ?? 0) > 0
}

async function read(
  connection: Connection,
  writes: readonly TransactionWrite[],
): Promise<ReadonlyMap<TransactionWrite, StoredRecord | null>> {
  if (writes.length === 0) return new Map()
  const outcomes = await connection.execute(
    writes.map((write) => {
      const key = recordKey(knownPartition(write), idOf(keyOfWrite(write)))
      return { type: 'command', name: 'HGETALL', keys: [key], args: [] }
    }),
  )
  return new Map(
    writes.map((write, index) => {
      const hash = texts(valueOfOutcome(outcomes[index]))
      return [write, recordOfHash(idOf(keyOfWrite(write)), hash)?.record ?? null]
    }),
  )
}

function test(
  write: TransactionWrite,
  partition: Partition,
  stored: StoredRecord,
): PreparedWrite | { readonly outcome: (TransactionOutcome & { readonly type: 'refused' })['outcome'] } {
  if (write.type === 'insert') return { write, partition, expected: new Map(), values: [] }
  const { schema } = write
  const condition = write.type === 'delete' ? write.condition : write.change.condition
  const increments = write.type === 'delete' ? [] : (write.change.increments ?? [])
  const names = new Set(condition === undefined ? [] : conditionAttributes(condition))
  names.delete(schema.keyName)
  for (const { attribute } of increments) names.add(attribute)
  const expected = new Map(Array.from(names, (name) => [name, fieldOf(stored.fields, name)]))
  if (write.type === 'delete') {
    if (condition !== undefined && !matches(schema, condition, stored)) return { outcome: { type: 'conflict', stored } }
    return { write, partition, expected, values: [] }
  }
  const applied = applyChange(schema, stored, write.change)
  if (applied.type !== 'applied') return { outcome: applied }
  const { condition: _tested, increments: _added, ...change } = write.change
  const added = increments.map(({ attribute }, index) => [attribute, applied.values[index] ?? ''] as const)
  const set = fieldsOf([...pairsOf(change.set), ...added])
  return { write: { ...write, change: { ...change, set } }, partition, expected, values: applied.values }
}

async function callOf(
  connection: Connection,
  writes: readonly PreparedWrite[],
  refresh: boolean,
): Promise<{ readonly keys: readonly string[]; readonly args: readonly (string | number)[] }> {
  const models = new Map<Partition, { readonly number: number; readonly guard: readonly (string | number)[] }>()
  const args: (string | number)[] = [writes.length]
  for (const { write, partition, expected } of writes) {
    const { schema } = write
    let model = models.get(partition)
    if (model === undefined) {
      const guard = await guardArgumentsFor(connection, schema, partition, { refresh })
      model = { number: models.size + 1, guard }
      models.set(partition, model)
    }
    args.push(kindOf(write), model.number, idOf(keyOfWrite(write)), expected.size)
    for (const [name, value] of expected) args.push(name, ...(value === null ? ['0'] : ['1', value]))
    const own = [...model.guard, ...scriptArguments(schema, write)]
    args.push(own.length)
    for (const argument of own) args.push(argument)
  }
  return { keys: [...models.keys()].flatMap(({ keys }) => keys), args }
}

function kindOf(write: TransactionWrite): 'i' | 'r' | 'u' | 'c' | 'd' {
  switch (write.type) {
    case 'insert':
      return write.replace ? 'r' : 'i'
    case 'update':
      return isPlain(write.change) ? 'u' : 'c'
    case 'delete':
      return 'd'
    default:
      throw new TypeError(`Unknown write: ${JSON.stringify(write satisfies never)}`)
  }
}

/** The arguments of the script that does one write by itself. */
function scriptArguments(schema: ModelSchema, write: TransactionWrite): readonly (string | number)[] {
  switch (write.type) {
    case 'insert': {
      const rows = new InsertRows(schema)
      rows.add(write.record)
      return rows.args({ replace: write.replace })
    }
    case 'update':
      return isPlain(write.change) ? updateArguments(schema, write.change) : changeArguments(schema, write.change)
    case 'delete':
      return [...indexArguments(schema), idOf(write.key)]
    default:
      throw new TypeError(`Unknown write: ${JSON.stringify(write satisfies never)}`)
  }
}

function knownPartition(write: TransactionWrite): Partition {
  const partition = partitionOfKey(write.schema, keyOfWrite(write))
  if (partition === null) throw new TypeError('A write of a transaction has no known place.')
  return partition
}

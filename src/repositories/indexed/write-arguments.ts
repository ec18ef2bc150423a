import { encodeSegment } from '../../schema/key-encoding.js'
import type { AttributeSchema, ModelSchema } from '../../schema/model-schema.js'
import { checkChange } from '../check-change.js'
import type { Criterion } from '../criteria.js'
import { pairsOf } from '../fields.js'
import type { RecordChange } from '../repository.js'
import { incrementArguments, predicateArguments, predicateNames } from './change-arguments.js'
import { type IndexPlan, indexPlanOf } from './index-plan.js'
import { scoreText } from './score-text.js'

/** The indexes of a model, as the scripts take them. */
export function indexArguments(schema: ModelSchema): readonly string[] {
  const known = bySchema.get(schema)
  if (known !== undefined) return known
  const { watched, composites } = indexPlanOf(schema)
  const names = watched.flatMap(({ attribute, kind }) => [attribute.name, kind])
  const combined = composites.flatMap(({ label, parts }) => [label, String(parts.length), ...parts.map(placeText)])
  const args = [String(schema.indexTtlMs), String(watched.length), ...names, String(composites.length), ...combined]
  bySchema.set(schema, args)
  return args
}

/** The arguments of the update script: a change of fields and nothing else. */
export function updateArguments(schema: ModelSchema, change: RecordChange): string[] {
  checkChange(schema, change)
  const quick = quickArguments(schema, change)
  if (quick !== null) return quick
  const args = [String(schema.indexTtlMs), change.id]
  addFieldChanges(args, schema, change, [])
  return args
}

/**
 * The same for the way that the script takes most of the time, without a detour: no composite, no name twice, and nothing
 * that is another text as a segment of a key. Null for any other change.
 */
function quickArguments(schema: ModelSchema, { id, set, unset }: RecordChange): string[] | null {
  const { watched, places, composites, ttl } = indexPlanOf(schema)
  if (composites.length > 0 || unset.length > 0) return null
  const args = [ttl, id, '', '', '', 'p', String(set.length)]
  const others: string[] = []
  const ranks: string[] = []
  let kinds = ''
  let seen = 0
  for (let place = 0; place < set.length; place += 2) {
    const [name, value] = [set[place] ?? '', set[place + 1] ?? '']
    const index = places.get(name)
    const known = index === undefined ? undefined : watched[index]
    if (index === undefined || known === undefined) {
      others.push(name, value)
      continue
    }
    const bit = 1 << index
    if (index > 30 || (seen & bit) !== 0 || known.label !== name || encodeSegment(value) !== value) return null
    seen |= bit
    args.push(name, value)
    kinds += known.kind
    if (known.kind === 's') ranks.push(rankText(known.attribute, value))
  }
  for (const other of others) args.push(other)
  args.push('0')
  for (const rank of ranks) args.push(rank)
  args[2] = kinds
  return args
}

/** The arguments of the change script: a change of every kind. */
export function changeArguments(schema: ModelSchema, change: RecordChange): string[] {
  checkChange(schema, change)
  const { id, newId = id, condition, increments = [], expiresAtMs } = change
  const needsIndexes = newId !== id || expiresAtMs !== undefined
  const args = needsIndexes ? ['1', ...indexArguments(schema)] : ['0', String(schema.indexTtlMs)]
  args.push(id, newId)
  const incremented = increments.map(({ attribute }) => attribute)
  const asked = condition === undefined ? [] : predicateNames(schema, condition)
  const places = addFieldChanges(args, schema, change, [...incremented, ...asked])
  if (condition === undefined) args.push('0')
  else args.push('1', ...predicateArguments(schema, condition, places))
  args.push(String(increments.length))
  for (const increment of increments) args.push(...incrementArguments(schema, increment, places))
  args.push(expiresAtMs === undefined ? '=' : deadlineText(expiresAtMs))
  return args
}

/** The arguments of the conditional delete script, before the ids. */
export function deleteIfArguments(schema: ModelSchema, condition: Criterion, withFields: boolean): string[] {
  const { watched, places } = indexPlanOf(schema)
  const others = predicateNames(schema, condition).filter((name) => !places.has(name))
  const all = new Map([...watched.map(({ attribute }) => attribute.name), ...others].map((name, at) => [name, at + 1]))
  const tested = predicateArguments(schema, condition, all)
  return [...indexArguments(schema), String(others.length), ...others, ...tested, withFields ? '1' : '0']
}

/** Whether a change is no more than fields that are set and unset. */
export function isPlain(change: RecordChange): boolean {
  return change.condition === undefined && change.expiresAtMs === undefined && (change.increments?.length ?? 0) === 0
}

/** A deadline as the scripts take it. */
export function deadlineText(expiresAtMs: number | null): string {
  return expiresAtMs === null ? '' : String(expiresAtMs)
}

/** The rank of a stored text as a script takes it; '' for null. */
export function rankText(attribute: AttributeSchema, stored: string | null): string {
  return stored === null ? '' : scoreText(attribute.cast.rank(stored))
}

/**
 * Adds the fields of a change: those on which index entries depend come first among the set and among the unset fields;
 * after them come those that are only read, for a composite of which another part changes, or because the script asks for
 * them. Returns the places of all of them, beginning at 1.
 */
function addFieldChanges(
  args: string[],
  schema: ModelSchema,
  change: RecordChange,
  asked: readonly string[],
): ReadonlyMap<string, number> {
  const plan = indexPlanOf(schema)
  const { watched, places } = plan
  const found = new Map<string, number>()
  const set: string[] = []
  const others: string[] = []
  const ranks: string[] = []
  let setKinds = ''
  for (const [name, value] of finalValues(change)) {
    const index = watched[places.get(name) ?? -1]
    if (index === undefined) {
      if (asked.includes(name)) {
        set.splice(2 * setKinds.length, 0, name, value)
        setKinds += 'n'
        found.set(name, setKinds.length)
      } else others.push(name, value)
      continue
    }
    set.push(name, value)
    setKinds += index.kind
    found.set(name, setKinds.length)
    if (index.kind === 's') ranks.push(rankText(index.attribute, value))
  }
  const unset: string[] = []
  const otherNames: string[] = []
  let unsetKinds = ''
  for (const name of new Set(change.unset)) {
    const index = watched[places.get(name) ?? -1]
    if (index === undefined && !asked.includes(name)) {
      otherNames.push(name)
      continue
    }
    unset.push(name)
    unsetKinds += index?.kind ?? 'n'
    found.set(name, setKinds.length + unsetKinds.length)
  }
  const read: string[] = []
  let readKinds = ''
  const readAlso = (name: string, kind: string) => {
    if (found.has(name)) return
    read.push(name)
    readKinds += kind
    found.set(name, setKinds.length + unsetKinds.length + readKinds.length)
  }
  for (const name of asked) readAlso(name, watched[places.get(name) ?? -1]?.kind ?? 'n')
  const touched = plan.composites.filter(({ parts }) => parts.some((place) => found.has(nameAt(plan, place))))
  for (const { parts } of touched) for (const place of parts) readAlso(nameAt(plan, place), 'n')
  args.push(setKinds, unsetKinds, readKinds, ...read, String(touched.length))
  for (const { label, parts } of touched) {
    args.push(label, String(parts.length))
    for (const place of parts) args.push(String(found.get(nameAt(plan, place))))
  }
  args.push(String(set.length + others.length), ...set, ...others)
  args.push(String(unset.length + otherNames.length), ...unset, ...otherNames, ...ranks)
  return found
}

/** What is set, without what is unset as well; of a name that occurs twice, the last. */
function finalValues(change: RecordChange): Iterable<readonly [name: string, value: string]> {
  if (change.unset.length === 0) return new Map(pairsOf(change.set))
  const unset = new Set(change.unset)
  return new Map([...pairsOf(change.set)].filter(([name]) => !unset.has(name)))
}

function nameAt({ watched }: IndexPlan, place: number): string {
  return watched[place]?.attribute.name ?? ''
}

function placeText(place: number): string {
  return String(place + 1)
}

const bySchema = new WeakMap<ModelSchema, readonly string[]>()

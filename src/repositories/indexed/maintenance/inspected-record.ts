import { encodeSegment } from '../../../schema/key-encoding.js'
import type { ModelSchema } from '../../../schema/model-schema.js'
import { list, text } from '../../replies.js'
import type { IndexForm } from '../index-definition.js'
import { scoreOf } from '../score-text.js'
import type { FormArguments } from './form-arguments.js'
import { titleOf } from './form-arguments.js'
import type { IndexFinding } from './index-report.js'

/**
 * A record as the script saw it. `live`; `due`: past its deadline, the next query removes it; `gone`: no hash; `bare`: a hash
 * that ActiveRedis did not write; `alien`: the key is of another type.
 */
export type RecordState = 'live' | 'due' | 'gone' | 'bare' | 'alien'

/** What was found wrong with a record. */
export interface RecordFinding {
  readonly index: string
  readonly finding: IndexFinding
}

/** A record, what is wrong with it, and what follows from it. */
export interface InspectedRecord {
  readonly id: string
  readonly state: RecordState
  /** Stored texts beside the names of the forms; null for none. Empty where the record is not live. */
  readonly values: readonly (string | null)[]
  readonly findings: readonly RecordFinding[]
  /** Ends of index keys that are to be walked, with the number of their form. */
  readonly walks: readonly EntryWalk[]
}

/** One index key to be walked. */
export interface EntryWalk {
  /** Number of the form. */
  readonly form: number
  /** The end of the key, behind the name of the index of all records. */
  readonly suffix: string
}

/** Titles of what is no index of an attribute. */
export const titles = {
  all: '(all records)',
  deadlines: '(deadlines)',
  terms: '(terms)',
  lifetimes: '(lifetimes)',
  unknown: '(unknown keys)',
} as const

/**
 * How far the deadline of a hash may lie from its entry, which decides. MIGRATE gives a key the time that it had left, from when
 * it arrives; and older servers only tell the time that is left. `deadlineFor` of the mending scripts knows it too.
 */
const DEADLINE_TOLERANCE_MS = 1000

/** Judges one row of the script. */
export function inspectedRecord(schema: ModelSchema, of: FormArguments, row: unknown): InspectedRecord {
  const cells = list(row).map(text)
  const [id = '', stateText = '', main = '', deadline = '', hashDeadline = '', terms = '', stamp = '', ends = ''] =
    cells
  const state = recordState(stateText)
  const findings: RecordFinding[] = []
  const find = (index: string, finding: IndexFinding) => findings.push({ index, finding })
  if (state !== 'live') {
    if (state === 'bare') find(titles.all, 'stale')
    else if (state !== 'due' && main !== '') find(titles.all, 'orphaned')
    return { id, state, values: [], findings, walks: [] }
  }
  const count = of.forms.length
  const scores = cells.slice(FIXED_CELLS, FIXED_CELLS + count)
  const suffixes = cells.slice(FIXED_CELLS + count, FIXED_CELLS + 2 * count)
  const values = cells.slice(FIXED_CELLS + 2 * count).map((cell) => (cell === '' ? null : cell.slice(1)))

  if (main === '') find(titles.all, 'missing')
  else if (Number(main) !== Number(stamp)) find(titles.all, 'stale')
  const wrongDeadline = compareDeadlines(hashDeadline, deadline)
  if (wrongDeadline !== null) find(titles.deadlines, wrongDeadline)
  if (ends !== '') find(titles.lifetimes, 'stale')
  if (terms === 'none') find(titles.terms, 'missing')
  if (terms === 'wrong') find(titles.terms, 'stale')

  const walks: EntryWalk[] = suffixes.flatMap((suffix, form) => (suffix === '' ? [] : [{ form, suffix }]))
  for (const [index, form] of of.forms.entries()) {
    const score = scores[index] ?? ''
    if (score === '-') continue
    if (score === '') find(titleOf(form), 'missing')
    else if (!isRight(schema, of, index, values, stamp, score)) {
      find(titleOf(form), 'stale')
      if (form.kind === 's') walks.push(...equalityWalk(schema, of, form, scoreOf(score)))
    }
  }
  return { id, state, values, findings, walks }
}

/** The scores of a record in its indexes by number, as a script takes them: '' where it has none. */
export function ranksOf(schema: ModelSchema, of: FormArguments, values: readonly (string | null)[]): number[] {
  return of.forms.map((form) => {
    if (form.kind !== 's') return 0
    const [name = ''] = form.attributes
    const value = values[of.names.indexOf(name)] ?? null
    return value === null ? 0 : (rankOf(schema, name, value) ?? Number.NaN)
  })
}

/** The rank of a stored text; null where its cast cannot rank it: foreign hands wrote it. */
export function rankOf(schema: ModelSchema, attribute: string, stored: string): number | null {
  const cast = schema.attributes.get(attribute)?.cast
  if (cast === undefined) return null
  try {
    const rank = cast.rank(stored)
    return Number.isNaN(rank) ? null : rank
  } catch {
    return null
  }
}

/** The key by equality of the value that an entry of a range index tells: a text, or a score. Nothing where it tells none. */
export function equalityWalk(
  schema: ModelSchema,
  of: FormArguments,
  form: IndexForm,
  told: string | number,
): EntryWalk[] {
  const [name = ''] = form.attributes
  const number = of.forms.findIndex(({ kind, attributes }) => kind === '=' && attributes[0] === name)
  const value = typeof told === 'string' ? told : textOfScore(schema, name, told)
  if (number < 0 || value === null) return []
  return [{ form: number, suffix: `:${encodeSegment(name)}:${encodeSegment(value)}` }]
}

/** The stored text of a number; null where its cast does not take one. */
function textOfScore(schema: ModelSchema, attribute: string, score: number): string | null {
  try {
    return schema.attributes.get(attribute)?.cast.toStored(score) ?? null
  } catch {
    return null
  }
}

const FIXED_CELLS = 8

function recordState(stateText: string): RecordState {
  switch (stateText) {
    case 'live':
    case 'due':
    case 'gone':
    case 'bare':
    case 'alien':
      return stateText
    default:
      throw new TypeError(`Unknown state of a record: '${stateText}'.`)
  }
}

function isRight(
  schema: ModelSchema,
  of: FormArguments,
  index: number,
  values: readonly (string | null)[],
  stamp: string,
  score: string,
): boolean {
  const form = of.forms[index]
  if (form?.kind === 't') return Number(score) === 0
  if (form?.kind !== 's') return Number(score) === Number(stamp)
  const [name = ''] = form.attributes
  const value = values[of.names.indexOf(name)] ?? null
  // Text that no cast can rank has no right place; any is as good.
  const rank = value === null ? null : rankOf(schema, name, value)
  return rank === null || rank === scoreOf(score)
}

function compareDeadlines(ofHash: string, ofEntry: string): IndexFinding | null {
  if (ofHash === '') return ofEntry === '' ? null : 'stale'
  if (ofEntry === '') return 'missing'
  const distance = Math.abs(Number(ofHash) - Number(ofEntry))
  return distance <= DEADLINE_TOLERANCE_MS ? null : 'stale'
}

import { decodeSegment, encodeSegment } from '../../schema/key-encoding.js'
import type { ModelSchema } from '../../schema/model-schema.js'
import { indexKind } from './index-plan.js'

/**
 * An index as a stored definition names it: by equality `=`, by number `s`, by text `t`, by equality over several
 * attributes `c`.
 */
export interface IndexForm {
  readonly kind: '=' | 's' | 't' | 'c'
  /** One attribute; of `c` at least two, in the order of the declaration. */
  readonly attributes: readonly string[]
  /** What else decides the entries: of `s` the cast, which ranks the values; else ''. */
  readonly detail: string
}

/** How an index is, in one partition. */
export interface StoredIndex {
  readonly form: IndexForm
  readonly state: IndexState
}

/**
 * `ready`: holds every record. `building`: new writes enter it, but it may lack records. `retired`: its entries are being
 * dropped.
 */
export type IndexState = 'ready' | 'building' | 'retired'

/** The definition that a partition stores: which indexes its entries belong to. Immutable. */
export interface StoredDefinition {
  /** By name (`formName`). */
  readonly indexes: ReadonlyMap<string, StoredIndex>
  /** The number of partitions to which the model is being moved; null: it stays. Nothing is written here then. */
  readonly movesTo: number | null
}

/** What a writer does before it writes for the first time under a stored definition. */
export interface WriterTerms {
  /** The definition to be stored; the text of the stored one where nothing changes. */
  readonly text: string
  /** Indexes that the writer does not know: it removes the entries of what it changes from them. */
  readonly unknown: readonly IndexForm[]
  /** The place of the build afterwards: back to the first record, after the last one, or where it is. */
  readonly build: 'restart' | 'end' | 'keep'
  /** Ends of range index keys that are emptied, because they were ordered in another way. */
  readonly emptied: readonly string[]
}

/** The indexes that a model declares. */
export function formsOf(schema: ModelSchema): readonly IndexForm[] {
  const known = formsBySchema.get(schema)
  if (known !== undefined) return known
  const forms: IndexForm[] = []
  for (const attribute of schema.searchable) {
    forms.push({ kind: '=', attributes: [attribute.name], detail: '' })
    const kind = indexKind(attribute)
    if (kind !== '-')
      forms.push({ kind, attributes: [attribute.name], detail: kind === 's' ? attribute.cast.name : '' })
  }
  for (const { attributes } of schema.composites) {
    forms.push({ kind: 'c', attributes: attributes.map(({ name }) => name), detail: '' })
  }
  formsBySchema.set(schema, forms)
  return forms
}

/** The name of an index within a model; two with one name have the same keys. Range indexes of both kinds are named `r`. */
export function formName(form: IndexForm): string {
  return [isRange(form) ? 'r' : form.kind, ...form.attributes.map(encodeSegment)].join(':')
}

/** Whether two indexes with one name have the same entries. */
export function isSameForm(left: IndexForm, right: IndexForm): boolean {
  return left.kind === right.kind && left.detail === right.detail
}

/** The definition of a model all of whose indexes are ready: what a partition that was new with it stores. */
export function ownDefinition(schema: ModelSchema): string {
  const known = textBySchema.get(schema)
  if (known !== undefined) return known
  const indexes = new Map(formsOf(schema).map((form) => [formName(form), { form, state: 'ready' as const }]))
  const text = formatDefinition({ indexes, movesTo: null })
  textBySchema.set(schema, text)
  return text
}

/** The stored text of a definition: a line for each index, its state, its name, its detail. */
export function formatDefinition({ indexes, movesTo }: StoredDefinition): string {
  const lines = [...indexes].map(([name, { form, state }]) => {
    const order = form.kind === 's' ? `:s:${encodeSegment(form.detail)}` : form.kind === 't' ? ':t' : ''
    return signs[state] + name + order
  })
  if (movesTo !== null) lines.push(`>${movesTo}`)
  return [VERSION, ...lines.sort()].join('\n')
}

/** Reads a stored definition. Throws a `RangeError` for text that is none. */
export function parseDefinition(text: string): StoredDefinition {
  const [version, ...lines] = text.split('\n')
  if (version !== VERSION) throw new RangeError(`'${text.slice(0, 80)}' is no definition of indexes.`)
  const indexes = new Map<string, StoredIndex>()
  let movesTo: number | null = null
  for (const line of lines) {
    if (line.startsWith('>')) {
      movesTo = Number(line.slice(1))
      continue
    }
    const state = states.get(line[0] ?? '')
    const form = formOfLine(line.slice(1))
    if (state === undefined || form === null) {
      throw new RangeError(`'${line.slice(0, 80)}' is no line of a definition of indexes.`)
    }
    indexes.set(formName(form), { form, state })
  }
  return { indexes, movesTo }
}

/**
 * The terms on which a release writes in a partition that stores a definition; null: none is stored although there are
 * records, so that nothing is known of its indexes. Indexes that it adds are being built from then on; those that it does
 * not know are no longer ready, because its records lack in them.
 */
export function writerTerms(schema: ModelSchema, text: string | null): WriterTerms {
  const own = formsOf(schema)
  const stored: StoredDefinition = text === null ? { indexes: new Map(), movesTo: null } : parseDefinition(text)
  const indexes = new Map(stored.indexes)
  const names = new Set(own.map(formName))
  const wasBuilding = [...stored.indexes.values()].some(({ state }) => state === 'building')
  const emptied: string[] = []
  let isNew = text === null
  let isLacking = false
  for (const form of own) {
    const name = formName(form)
    const known = stored.indexes.get(name)
    const isSame = known !== undefined && isSameForm(known.form, form)
    if (isSame && known.state !== 'retired') continue
    if (isRange(form) && !isSame) emptied.push(`:${form.attributes.map(encodeSegment).join('')}`)
    indexes.set(name, { form, state: 'building' })
    isNew = true
  }
  const unknown: IndexForm[] = []
  for (const [name, { form, state }] of stored.indexes) {
    if (names.has(name)) continue
    unknown.push(form)
    if (state !== 'ready') continue
    indexes.set(name, { form, state: 'building' })
    isLacking = true
  }
  const build = isNew ? 'restart' : isLacking && !wasBuilding ? 'end' : 'keep'
  const changed = isNew || isLacking || text === null
  return {
    text: changed ? formatDefinition({ indexes, movesTo: stored.movesTo }) : text,
    unknown,
    build,
    emptied,
  }
}

const VERSION = '1'
const signs: Readonly<Record<IndexState, string>> = { ready: '+', building: '-', retired: 'x' }
const states = new Map(Object.entries(signs).map(([state, sign]) => [sign, state as IndexState]))
const formsBySchema = new WeakMap<ModelSchema, readonly IndexForm[]>()
const textBySchema = new WeakMap<ModelSchema, string>()

function isRange({ kind }: IndexForm): boolean {
  return kind === 's' || kind === 't'
}

function formOfLine(line: string): IndexForm | null {
  const [sign, ...segments] = line.split(':')
  const parts = segments.map((segment) => decodeSegment(segment) ?? '')
  const [name, kind, detail] = parts
  if (name === undefined) return null
  if (sign === '=' && parts.length === 1) return { kind: '=', attributes: [name], detail: '' }
  if (sign === 'c' && parts.length > 1) return { kind: 'c', attributes: parts, detail: '' }
  if (sign !== 'r') return null
  if (kind === 't' && parts.length === 2) return { kind, attributes: [name], detail: '' }
  if (kind === 's' && detail !== undefined) return { kind, attributes: [name], detail }
  return null
}

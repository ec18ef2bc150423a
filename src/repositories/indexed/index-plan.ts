import { encodeSegment } from '../../schema/key-encoding.js'
import type { AttributeSchema, CompositeSchema, ModelSchema } from '../../schema/model-schema.js'

/** How an attribute is indexed: by equality alone, also by number, or also by text; `n`: only as a part of composites. */
export type IndexKind = '-' | 's' | 't' | 'n'

/** An attribute on which index entries depend. */
export interface WatchedAttribute {
  readonly attribute: AttributeSchema
  readonly kind: IndexKind
  /** Its name as a segment of a key. */
  readonly label: string
}

/** A composite index. */
export interface CompositePlan {
  /** Its name as a segment of a key: `country%+status`. */
  readonly label: string
  /** Places of its attributes among the watched ones, beginning at 0. */
  readonly parts: readonly number[]
}

/** The indexes of a model, as the writes need them. */
export interface IndexPlan {
  /** The searchable attributes, and after them those that are only parts of composites. */
  readonly watched: readonly WatchedAttribute[]
  readonly composites: readonly CompositePlan[]
  /** Places of the watched attributes by name. */
  readonly places: ReadonlyMap<string, number>
  /** `indexTtlMs` as the scripts take it. */
  readonly ttl: string
}

/** Two segments of a composite are joined by it. No encoded segment contains it: there, `%` stands before two digits. */
const JOINT = '%+'

/** The indexes of a model; worked out once for each schema. */
export function indexPlanOf(schema: ModelSchema): IndexPlan {
  const known = bySchema.get(schema)
  if (known !== undefined) return known
  const parts = schema.composites.flatMap((composite) => composite.attributes)
  const watched = [...new Set([...schema.searchable, ...parts])].map((attribute): WatchedAttribute => {
    return {
      attribute,
      kind: attribute.index === null ? 'n' : indexKind(attribute),
      label: encodeSegment(attribute.name),
    }
  })
  const places = new Map(watched.map(({ attribute }, place) => [attribute.name, place]))
  const composites = schema.composites.map((composite): CompositePlan => {
    const placesOfParts = composite.attributes.map(({ name }) => places.get(name) ?? 0)
    return { label: compositeLabel(composite), parts: placesOfParts }
  })
  const plan = { watched, composites, places, ttl: String(schema.indexTtlMs) }
  bySchema.set(schema, plan)
  return plan
}

/** How a searchable attribute is indexed. */
export function indexKind(attribute: AttributeSchema): '-' | 's' | 't' {
  if (!attribute.index?.range) return '-'
  switch (attribute.cast.order) {
    case 'score':
      return 's'
    case 'text':
      return 't'
    case 'none':
      return '-'
    default:
      throw new TypeError(`Unknown order: ${String(attribute.cast.order satisfies never)}`)
  }
}

/** The segment that names a composite index: `country%+status`. */
export function compositeLabel(composite: CompositeSchema): string {
  return encodeSegments(composite.attributes.map((attribute) => attribute.name))
}

/** The segment of a combination of values, null for none: `de%+%null`. No two combinations share one. */
export function encodeSegments(values: readonly (string | null)[]): string {
  return joinSegments(values.map(encodeSegment))
}

/** Segments of a combination, already encoded, as one. */
export function joinSegments(segments: readonly string[]): string {
  return segments.join(JOINT)
}

const bySchema = new WeakMap<ModelSchema, IndexPlan>()

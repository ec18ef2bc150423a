import type { Cast } from '../../src/schema/cast.js'
import { bigintCast } from '../../src/schema/casts/bigint-cast.js'
import { booleanCast } from '../../src/schema/casts/boolean-cast.js'
import { datetimeCast } from '../../src/schema/casts/date-casts.js'
import { floatCast, integerCast } from '../../src/schema/casts/number-casts.js'
import { textCast } from '../../src/schema/casts/text-cast.js'
import { type AttributeSchema, DEFAULT_INDEX_TTL_MS, type ModelSchema } from '../../src/schema/model-schema.js'

/** A schema of attributes: a cast, and how it is indexed. */
export function schemaOf(
  prefix: string,
  partitions: number,
  attributes: Readonly<Record<string, readonly [cast: Cast, index: 'range' | 'equality' | 'none']>>,
  composites: readonly (readonly string[])[] = [],
): ModelSchema {
  const declared = Object.entries(attributes).map(([name, [cast, index]]): AttributeSchema => {
    return { name, cast, index: index === 'none' ? null : { range: index === 'range' } }
  })
  const byName = new Map(declared.map((attribute) => [attribute.name, attribute]))
  return {
    modelName: 'Sample',
    prefix,
    keyName: 'id',
    attributes: byName,
    searchable: declared
      .filter((attribute) => attribute.index !== null)
      .sort((left, right) => Buffer.compare(Buffer.from(left.name), Buffer.from(right.name))),
    composites: composites.map((names) => ({ attributes: names.map((name) => byName.get(name)!) })),
    indexTtlMs: DEFAULT_INDEX_TTL_MS,
    partitions,
  }
}

/** Text and numbers, with and without range indexes, and one attribute without any index. */
export function sampleSchema(partitions: number, prefix = 'samples'): ModelSchema {
  return schemaOf(prefix, partitions, {
    ip: [textCast, 'equality'],
    name: [textCast, 'range'],
    userId: [integerCast, 'range'],
    weight: [floatCast, 'range'],
    active: [booleanCast, 'equality'],
    seenAt: [datetimeCast, 'range'],
    note: [textCast, 'none'],
  })
}

/** Numbers, moments and texts, with indexes and without, and composites over both kinds. */
export function changeSchema(partitions: number, prefix = 'changes'): ModelSchema {
  return schemaOf(
    prefix,
    partitions,
    {
      ip: [textCast, 'equality'],
      name: [textCast, 'range'],
      views: [integerCast, 'range'],
      total: [integerCast, 'none'],
      balance: [bigintCast, 'equality'],
      weight: [floatCast, 'range'],
      ratio: [floatCast, 'none'],
      seenAt: [datetimeCast, 'none'],
      bornAt: [datetimeCast, 'range'],
      active: [booleanCast, 'none'],
      note: [textCast, 'none'],
    },
    [
      ['ip', 'note'],
      ['views', 'active', 'name'],
    ],
  )
}

import { encodeSegment } from '../../schema/key-encoding.js'
import type { ModelSchema } from '../../schema/model-schema.js'
import { storedFormOf } from '../../schema/stored-form.js'
import { boundsOf } from '../check-change.js'
import type { Bound, Criterion } from '../criteria.js'
import { rankingOf } from '../evaluate.js'
import type { Increment } from '../repository.js'
import { scoreText } from './score-text.js'

/** The attributes that a condition reads, the key left out; each once. */
export function predicateNames(schema: ModelSchema, condition: Criterion): string[] {
  const names = new Set<string>()
  const collect = (part: Criterion): void => {
    switch (part.type) {
      case 'all':
      case 'any':
        for (const inner of part.of) collect(inner)
        return
      case 'not':
        collect(part.of)
        return
      case 'equals':
      case 'notEquals':
      case 'in':
      case 'notIn':
      case 'range':
      case 'like':
        if (part.attribute !== schema.keyName) names.add(part.attribute)
        return
      default:
        throw new TypeError(`Unknown criterion: ${JSON.stringify(part satisfies never)}`)
    }
  }
  collect(condition)
  return [...names]
}

/** A condition as the scripts take it; attributes go by their places. */
export function predicateArguments(
  schema: ModelSchema,
  condition: Criterion,
  places: ReadonlyMap<string, number>,
): string[] {
  const compiled = (part: Criterion) => predicateArguments(schema, part, places)
  switch (condition.type) {
    case 'all':
    case 'any':
      return [condition.type, String(condition.of.length), ...condition.of.flatMap(compiled)]
    case 'not':
      return ['not', ...compiled(condition.of)]
    case 'equals':
      return oneOf(placeOf(schema, condition.attribute, places), [condition.value])
    case 'in':
      return oneOf(placeOf(schema, condition.attribute, places), condition.values)
    case 'notEquals':
      return ['not', ...oneOf(placeOf(schema, condition.attribute, places), [condition.value])]
    case 'notIn':
      return ['not', ...oneOf(placeOf(schema, condition.attribute, places), condition.values)]
    case 'like': {
      const { parts } = condition.pattern
      const some = parts.length === 0 ? [''] : parts
      return ['like', placeOf(schema, condition.attribute, places), String(some.length), ...some]
    }
    case 'range':
      return range(schema, condition, placeOf(schema, condition.attribute, places))
    default:
      throw new TypeError(`Unknown criterion: ${JSON.stringify(condition satisfies never)}`)
  }
}

/** An increment as the change script takes it. */
export function incrementArguments(
  schema: ModelSchema,
  increment: Increment,
  places: ReadonlyMap<string, number>,
): string[] {
  const { min = '', max = '' } = boundsOf(schema, increment)
  const cast = schema.attributes.get(increment.attribute)?.cast
  const form = cast !== undefined && storedFormOf(cast) === 'float' ? 'f' : 'i'
  return [placeOf(schema, increment.attribute, places), form, increment.by, min, max]
}

function placeOf(schema: ModelSchema, attribute: string, places: ReadonlyMap<string, number>): string {
  return attribute === schema.keyName ? '0' : String(places.get(attribute))
}

function oneOf(place: string, values: readonly (string | null)[]): string[] {
  return ['in', place, String(values.length), ...values.map(encodeSegment)]
}

function range(schema: ModelSchema, { attribute, min, max }: Criterion & { type: 'range' }, place: string): string[] {
  const ranking = rankingOf(schema, attribute)
  if (ranking.by === 'text') {
    const plain = (value: string) => value
    return ['text', place, ...end(min, plain), ...end(max, plain)]
  }
  const ends = [
    ...end(min, (value) => scoreText(ranking.rank(value))),
    ...end(max, (value) => scoreText(ranking.rank(value))),
  ]
  const cast = schema.attributes.get(attribute)?.cast
  switch (cast === undefined ? 'other' : storedFormOf(cast)) {
    case 'moment':
      return ['moment', place, ...ends]
    case 'other':
      return ['index', place, attribute, ...ends]
    default:
      return ['number', place, ...ends]
  }
}

function end(bound: Bound | undefined, form: (value: string) => string): string[] {
  return bound === undefined ? [''] : [bound.inclusive ? '[' : '(', form(bound.value)]
}

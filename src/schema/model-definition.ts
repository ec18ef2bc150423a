import { quote } from '../errors/quote.js'
import { DefinitionError } from '../errors/usage-errors.js'
import type { Cast } from './cast.js'
import { CastMismatch } from './cast.js'
import { castOf } from './cast-registry.js'
import { declarationChain, entityOf } from './class-declarations.js'
import { hashTagOf, uniquesOf } from './consistency-declaration.js'
import { type AttributeDeclaration, type EntityDeclaration, type KeyGenerator, mergeAttribute } from './declaration.js'
import { defaultPrefix } from './default-prefix.js'
import type { AttributeSchema, ModelSchema } from './model-schema.js'
import { DEFAULT_PARTITIONS, MAX_PARTITIONS } from './partition.js'
import { type RecordBehaviour, resolveBehaviour } from './record-behaviour.js'
import { v7KeyGenerator } from './uuid-v7.js'
import { compositesOf, indexTtlOf, versionOf } from './write-declaration.js'

/** What a model class declares: its schema for storage, and how its records behave. Immutable. */
export interface ModelDefinition {
  readonly schema: ModelSchema
  /** Names of the time attributes; null where there is none. */
  readonly createdAt: string | null
  readonly updatedAt: string | null
  /** Name of the attribute that counts the writes of a record; null where there is none. */
  readonly version: string | null
  readonly generateKey: KeyGenerator
  /** The key and all attributes, in the order of their declaration. */
  readonly names: readonly string[]
  readonly behaviour: RecordBehaviour
}

/**
 * Resolves what a class and its base classes declare. A subclass adds attributes and may declare inherited ones anew; its
 * entity options replace those of the base one by one, except `prefix`, which is each class's own.
 * Throws `DefinitionError` with the remedy.
 */
export function resolveDefinition(prototype: object): ModelDefinition {
  const modelName = prototype.constructor.name
  const chain = declarationChain(prototype)
  const options: EntityDeclaration = Object.assign({}, ...chain.map(({ entity }) => entity))
  const keyName = attributeName(modelName, 'key', options.key ?? 'id')
  const createdAt = timeAttribute(modelName, 'createdAt', options, 'created_at')
  const updatedAt = timeAttribute(modelName, 'updatedAt', options, 'updated_at')
  if (keyName === createdAt || keyName === updatedAt || (createdAt !== null && createdAt === updatedAt)) {
    throw new DefinitionError(
      modelName,
      `the key and the times need names of their own; '${keyName}', '${createdAt}' and '${updatedAt}' are not.`,
    )
  }

  const declared = new Map<string, AttributeDeclaration>()
  for (const level of chain) {
    for (const [name, attribute] of level.attributes) declared.set(name, mergeAttribute(declared.get(name), attribute))
  }
  checkKeyAttribute(modelName, declared.get(keyName))
  declared.delete(keyName)
  for (const name of [createdAt, updatedAt]) {
    if (name === null) continue
    const own = declared.get(name)
    checkTimeAttribute(modelName, own)
    const designType = own?.designType === Date ? Date : undefined
    const times: AttributeDeclaration = { name, cast: 'datetime', designType, decidesCast: true }
    declared.set(name, own?.cast === undefined ? mergeAttribute(own, times) : own)
  }

  const tagName = hashTagOf(prototype, modelName)
  const tagDeclaration = tagName === null ? undefined : declared.get(tagName)
  if (tagName !== null && tagDeclaration === undefined) {
    throw new DefinitionError(
      modelName,
      tagName === keyName
        ? `the hash tag is '${tagName}', which is the key: the key decides by itself.`
        : `the hash tag '${tagName}' is no attribute; name it among the attributes.`,
    )
  }
  // Which records have a tag must be answerable: the attribute has an index at least by equality.
  if (tagDeclaration) declared.set(tagDeclaration.name, { searchable: { range: false }, ...tagDeclaration })

  const attributes = new Map([...declared].map(([name, attribute]) => [name, resolveAttribute(modelName, attribute)]))
  const hashTag = tagName === null ? undefined : attributes.get(tagName)
  const uniques = uniquesOf(prototype, modelName, attributes)
  const searchable = [...attributes.values()].filter((attribute) => attribute.index !== null)
  const schema: ModelSchema = Object.freeze({
    modelName,
    prefix: prefixOf(modelName, entityOf(prototype).prefix),
    keyName,
    attributes,
    searchable: Object.freeze(
      searchable.sort((left, right) => Buffer.compare(Buffer.from(left.name), Buffer.from(right.name))),
    ),
    composites: compositesOf(prototype, modelName, attributes),
    indexTtlMs: indexTtlOf(modelName, options.indexTtlSeconds),
    ...(options.strict !== undefined && { strict: options.strict === true }),
    ...(hashTag && { hashTag }),
    ...(uniques.length > 0 && { uniques }),
    partitions: partitionsOf(modelName, options.partitions),
  })
  const computed = chain.flatMap((level) => [...level.computed])
  return Object.freeze({
    schema,
    createdAt,
    updatedAt,
    version: versionOf(prototype, modelName, attributes),
    generateKey: options.keyGenerator ?? v7KeyGenerator,
    names: Object.freeze([keyName, ...attributes.keys()]),
    behaviour: resolveBehaviour(schema, options, declared.values(), computed, prototype),
  })
}

function resolveAttribute(model: string, declaration: AttributeDeclaration): AttributeSchema {
  const { name, searchable } = declaration
  const cast = resolveCast(model, declaration)
  if (searchable?.range && cast.order === 'none') {
    throw new DefinitionError(
      model,
      `the attribute '${name}' is cast to ${cast.name}, which has no order: it cannot have a range index. Declare it @Searchable().`,
    )
  }
  return Object.freeze({
    name: attributeName(model, 'attribute', name),
    cast: searchable?.range && cast.order === 'score' ? ranked(cast) : cast,
    index: searchable ? Object.freeze({ range: searchable.range }) : null,
  })
}

function resolveCast(model: string, declaration: AttributeDeclaration): Cast {
  try {
    const isUntypedText = declaration.isUntyped && declaration.cast === undefined && declaration.values === undefined
    return castOf(declaration, isUntypedText ? String : declaration.designType)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new DefinitionError(model, `the attribute '${declaration.name}': ${reason}.`, { cause })
  }
}

/** A cast whose every stored value has a place among the scores of a sorted set: NaN has none. */
function ranked(cast: Cast): Cast {
  return {
    name: cast.name,
    order: cast.order,
    isText: cast.isText,
    expects: cast.expects,
    fromStored: (text) => cast.fromStored(text),
    rank: (stored) => cast.rank(stored),
    rounding: (value) => cast.rounding?.(value) ?? 0,
    toStored(value) {
      const stored = cast.toStored(value)
      if (Number.isNaN(cast.rank(stored))) throw new CastMismatch('it has no place in a range index')
      if (cast.hasExactRank?.(stored) === false) throw new CastMismatch('it has too many digits for a range index')
      return stored
    },
  }
}

function checkKeyAttribute(model: string, declaration: AttributeDeclaration | undefined): void {
  if (!declaration) return
  const cast = typeof declaration.cast === 'string' ? declaration.cast.toLowerCase().trim() : declaration.cast
  const isText = declaration.values === undefined && (cast === undefined || cast === 'string' || cast === String)
  if (isText && declaration.designType !== Number && declaration.designType !== BigInt) return
  throw new DefinitionError(
    model,
    `the key '${declaration.name}' is text: declare it \`declare ${declaration.name}: string\`. Numbers are accepted where a key is given.`,
  )
}

/** Without a cast a time is a dayjs, or a Date where the property is one. */
function checkTimeAttribute(model: string, declaration: AttributeDeclaration | undefined): void {
  if (declaration === undefined || declaration.cast !== undefined) return
  if (![String, Number, Boolean, BigInt, Array].includes(declaration.designType as never)) return
  throw new DefinitionError(
    model,
    `the time '${declaration.name}' is a moment: declare it as Dayjs or Date, or name its cast, such as 'timestamp'.`,
  )
}

function timeAttribute(
  model: string,
  option: 'createdAt' | 'updatedAt',
  options: EntityDeclaration,
  fallback: string,
): string | null {
  const name = options[option] === undefined ? fallback : options[option]
  return options.timestamps === false || name === null ? null : attributeName(model, option, name)
}

function attributeName(model: string, what: string, name: unknown): string {
  if (
    typeof name !== 'string' ||
    name === '' ||
    name === '__proto__' ||
    name === 'constructor' ||
    !name.isWellFormed()
  ) {
    throw new DefinitionError(model, `${what} ${quote(name)} cannot be the name of an attribute.`)
  }
  return name
}

function prefixOf(model: string, prefix: string | undefined): string {
  const chosen = prefix ?? defaultPrefix(model)
  if (
    typeof chosen !== 'string' ||
    !/^[^{}\s\p{Cc}]+$/u.test(chosen) ||
    !chosen.isWellFormed() ||
    /^(idx|unq)(:|$)/.test(chosen)
  ) {
    const remedy =
      "Set @Entity({ prefix }) to text without braces and white space that does not begin with 'idx:' or 'unq:'."
    throw new DefinitionError(model, `${quote(chosen)} cannot be a key prefix. ${remedy}`)
  }
  return chosen
}

function partitionsOf(model: string, partitions = DEFAULT_PARTITIONS): number {
  if (Number.isInteger(partitions) && partitions >= 1 && partitions <= MAX_PARTITIONS) return partitions
  throw new DefinitionError(
    model,
    `partitions is ${quote(partitions)}; it must be an integer from 1 to ${MAX_PARTITIONS}.`,
  )
}

import { DefinitionError } from '../errors/usage-errors.js'
import type { Repository } from '../repositories/repository.js'
import { UniqueRepository } from '../repositories/unique/unique-repository.js'
import type { ModelSchema } from '../schema/model-schema.js'
import { confirmedView } from './confirmed.js'
import { repositoryOf } from './model-settings.js'

/** The repository in which a class stores its records. Throws `DefinitionError` if another model has its key prefix. */
export function storageOf(prototype: object, schema: ModelSchema): Repository {
  const repository = repositoryOf(prototype)
  claimPrefix(repository, schema)
  const view = confirmedView(repository)
  return schema.uniques === undefined ? view : uniqueView(view)
}

const uniqueViews = new WeakMap<Repository, Repository>()

/** The repository that keeps unique attributes over another one. */
function uniqueView(repository: Repository): Repository {
  const known = uniqueViews.get(repository)
  if (known !== undefined) return known
  const view = new UniqueRepository(repository)
  uniqueViews.set(repository, view)
  return view
}

const claims = new WeakMap<Repository, Map<string, ModelSchema>>()

/**
 * Remembers who stores records under a prefix of a repository. Throws `DefinitionError` for a second model that stores them in
 * another form: each would read the records of the other, and leave its index entries behind. The same form is the
 * same model: a module may be loaded twice.
 */
function claimPrefix(repository: Repository, schema: ModelSchema): void {
  const claimed = claims.get(repository) ?? new Map<string, ModelSchema>()
  const owner = claimed.get(schema.prefix)
  if (owner === schema) return
  if (owner === undefined) {
    refuseInside([...claimed.values()], schema)
    claimed.set(schema.prefix, schema)
    claims.set(repository, claimed)
    return
  }
  const difference = differenceOf(owner, schema)
  if (difference === null) return
  throw new DefinitionError(
    schema.modelName,
    `its key prefix '${schema.prefix}' is that of another model [${owner.modelName}] with ${difference}. ` +
      'Give one of them a prefix of its own: @Entity({ prefix }). If the class was changed while the program ran, start it again.',
  )
}

/**
 * Where searchable values are parts of a key, a prefix such as `visits:id` makes records of `visits`: the key of its record `ip` is
 * `visits:id:id:ip:…`.
 */
function refuseInside(others: readonly ModelSchema[], schema: ModelSchema): void {
  for (const other of others) {
    const [stem, otherStem] = [stemOf(schema), stemOf(other)]
    if (!stem.startsWith(otherStem) && !otherStem.startsWith(stem)) continue
    throw new DefinitionError(
      schema.modelName,
      `its key prefix '${schema.prefix}' and that of model [${other.modelName}], '${other.prefix}', lie in each other: ` +
        `records have keys such as '${stem}…' and '${otherStem}…'. Give one of them another prefix.`,
    )
  }
}

function stemOf({ prefix, keyName }: ModelSchema): string {
  return `${prefix}:${keyName}:`
}

function differenceOf(owner: ModelSchema, schema: ModelSchema): string | null {
  if (owner.modelName !== schema.modelName) return 'another name'
  if (owner.partitions !== schema.partitions) return `${owner.partitions} partitions`
  if (owner.keyName !== schema.keyName) return `the key '${owner.keyName}'`
  if (owner.hashTag?.name !== schema.hashTag?.name) {
    return owner.hashTag === undefined ? 'no hash tag' : `the hash tag '${owner.hashTag.name}'`
  }
  if (uniqueNames(owner) !== uniqueNames(schema)) return 'other unique attributes'
  if (compositesText(owner) !== compositesText(schema)) return 'other composite indexes'
  const forms = formsOf(schema)
  const ownerForms = formsOf(owner)
  for (const name of new Set([...ownerForms.keys(), ...forms.keys()])) {
    if (ownerForms.get(name) !== forms.get(name)) return `another attribute '${name}'`
  }
  return null
}

function uniqueNames({ uniques = [] }: ModelSchema): string {
  return JSON.stringify(uniques.map(({ attributes }) => attributes.map(({ name }) => name)))
}

function formsOf({ attributes }: ModelSchema): Map<string, string> {
  return new Map(
    Array.from(attributes.values(), ({ name, cast, index }) => [name, `${cast.name} ${index?.range ?? 'no index'}`]),
  )
}

function compositesText({ composites }: ModelSchema): string {
  return JSON.stringify(composites.map(({ attributes }) => attributes.map(({ name }) => name)))
}

import { quote } from '../errors/quote.js'
import { InvalidArgumentError } from '../errors/usage-errors.js'
import type { AttributeSchema, ModelSchema } from '../schema/model-schema.js'

/** The attribute of a name. Throws `InvalidArgumentError` for a name that is none; the key is none. */
export function requireAttribute(schema: ModelSchema, name: string): AttributeSchema {
  const attribute = schema.attributes.get(name)
  if (attribute) return attribute
  const known = [schema.keyName, ...schema.attributes.keys()].join(', ')
  throw new InvalidArgumentError(
    `Model [${schema.modelName}] has no attribute ${quote(name)}; it has ${known}. Declare it with @Attribute().`,
  )
}

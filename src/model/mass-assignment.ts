import { MassAssignmentError } from '../errors/usage-errors.js'
import type { ModelDefinition } from '../schema/model-definition.js'
import { isAssignable } from '../schema/record-behaviour.js'

let isStrict = false

/** Sets whether attributes that a model guards are a `MassAssignmentError` rather than left out, for all models. */
export function refuseGuarded(strict: boolean): void {
  isStrict = strict
}

/**
 * The names of what many-at-a-time assignment may set. The rest is left out, as it may come from a request that asks for more than it may.
 * Throws `MassAssignmentError` where nothing at all may be set that way, and where it was asked to (`refuseGuarded`).
 */
export function assignable(definition: ModelDefinition, attributes: object): string[] {
  const { assignment } = definition.behaviour
  const names = Object.keys(attributes)
  if (assignment.type === 'all') return names
  const refused = names.filter((name) => !isAssignable(assignment, name) && Reflect.get(attributes, name) !== undefined)
  if (refused.length === 0) return names
  if (isStrict || assignment.type === 'none') throw new MassAssignmentError(definition.schema.modelName, refused)
  return names.filter((name) => isAssignable(assignment, name))
}

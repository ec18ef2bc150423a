import { MassAssignmentError } from '../errors/usage-errors.js'
import type { ModelDefinition } from '../schema/model-definition.js'
import { isAssignable } from '../schema/record-behaviour.js'

let isStrict = false

/** Sets whether attributes that a model guards are a `MassAssignmentError` rather than left out, for all models. */
export function refuseGuarded(strict: boolean): void {
  isStrict = strict
}

/**
 * What many-at-a-time assignment may set. The rest is left out, as it may come from a request that asks for more than it may.
 * Throws `MassAssignmentError` where nothing at all may be set that way, and where it was asked to (`refuseGuarded`).
 */
export function assignable(definition: ModelDefinition, attributes: object): [string, unknown][] {
  const { assignment } = definition.behaviour
  const entries: [string, unknown][] = Object.entries(attributes)
  if (assignment.type === 'all') return entries
  const refused = entries.filter(([name, value]) => value !== undefined && !isAssignable(assignment, name))
  if (refused.length === 0) return entries
  if (isStrict || assignment.type === 'none') {
    throw new MassAssignmentError(
      definition.schema.modelName,
      refused.map(([name]) => name),
    )
  }
  return entries.filter(([name]) => isAssignable(assignment, name))
}

import type { Criterion } from './criteria.js'

/** The names of the attributes that a condition is about, the key included. */
export function conditionAttributes(condition: Criterion): ReadonlySet<string> {
  const names = new Set<string>()
  collect(condition, names)
  return names
}

function collect(condition: Criterion, names: Set<string>): void {
  switch (condition.type) {
    case 'all':
    case 'any':
      for (const part of condition.of) collect(part, names)
      return
    case 'not':
      collect(condition.of, names)
      return
    case 'equals':
    case 'notEquals':
    case 'in':
    case 'notIn':
    case 'range':
    case 'like':
      names.add(condition.attribute)
      return
    default:
      throw new TypeError(`Unknown criterion: ${JSON.stringify(condition satisfies never)}`)
  }
}

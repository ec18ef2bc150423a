/**
 * A value as it is shown in a message: text in quotes, everything else recognisable, never longer than `maxLength`
 * characters and never throwing, whatever the value does.
 */
export function quote(value: unknown, maxLength = 80): string {
  return shorten(describe(value, maxLength), maxLength)
}

/** Text cut to `maxLength` characters, with an ellipsis where something is missing. */
export function shorten(text: string, maxLength = 80): string {
  return text.length <= maxLength ? text : `${text.slice(0, Math.max(0, maxLength - 1))}…`
}

function describe(value: unknown, maxLength: number): string {
  switch (typeof value) {
    case 'string':
      return `'${shorten(value, maxLength - 2)}'`
    case 'bigint':
      return `${value}n`
    case 'function':
      return value.name ? `function ${value.name}` : 'a function'
    case 'object':
      return value === null ? 'null' : describeObject(value)
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value)
    default:
      return String(value)
  }
}

function describeObject(value: object): string {
  try {
    if (isMoment(value)) return Number.isNaN(value.valueOf()) ? 'an invalid date' : value.toISOString()
    const name = Object.getPrototypeOf(value)?.constructor?.name
    if (Array.isArray(value) || name === 'Object' || name === undefined) {
      return JSON.stringify(value) ?? 'an object'
    }
    return `an instance of ${name}`
  } catch {
    return 'an object that cannot be shown'
  }
}

/** A `Date`, a dayjs and what is like them. */
function isMoment(value: object): value is Date {
  return 'toISOString' in value && typeof value.toISOString === 'function' && typeof value.valueOf() === 'number'
}

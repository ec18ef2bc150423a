import { hasSpaces, untilZero } from './c-text.js'
import { FAULT_TEXTS, type RuleContext } from './rule.js'
import { joinSelectors } from './rule-words.js'
import { User } from './user.js'

const UNCHANGED = 'WARNING: ACL errors detected, no change to the previously active ACL rules was performed'

/**
 * Reads the text of an `aclfile`: a line `user <name> <rules>` for each user, and empty lines. No comments.
 * @returns the users, or everything that is wrong with the file in one line. Texts: `ACLLoadFromFile` of Redis 7.0.15.
 */
export const readUserFile = (
  text: string,
  fileName: string,
  context: RuleContext,
): { readonly users: readonly User[] } | { readonly errors: string } => {
  const users = new Map<string, User>()
  let errors = ''
  untilZero(text)
    .split('\n')
    .forEach((raw, index) => {
      const line = raw.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, '')
      if (line !== '') errors += readLine(line, `${fileName}:${index + 1}`, index + 1, users, context)
    })
  return errors === '' ? { users: [...users.values()] } : { errors: errors + UNCHANGED }
}

const readLine = (
  line: string,
  place: string,
  lineNumber: number,
  users: Map<string, User>,
  context: RuleContext,
): string => {
  const [keyword, name, ...words] = line.split(' ')
  if (keyword !== 'user' || name === undefined) {
    return `${place} should start with user keyword followed by the username. `
  }
  if (hasSpaces(name)) return `'${place}: username '${name}' contains invalid characters. `
  if (users.has(name)) return `WARNING: Duplicate user '${name}' found on line ${lineNumber}. `
  const user = new User(name, context)
  users.set(name, user)
  const joined = joinSelectors(words)
  if ('unclosed' in joined) return `${place}: Unmatched parenthesis in selector definition.`
  return applyRules(user, joined.rules, place, context)
}

/** Every unknown command is named; of the other faults only the first, as the later ones may follow from it. */
const applyRules = (user: User, rules: readonly string[], place: string, context: RuleContext): string => {
  let errors = ''
  let hasOther = false
  for (const raw of rules) {
    const rule = raw.replace(/^[\t\r\n]+|[\t\r\n]+$/g, '')
    const fault = user.apply(rule, context)
    if (fault === null) continue
    if (fault === 'unknown') errors += `${place}: Error in applying operation '${rule}': ${FAULT_TEXTS[fault]}. `
    else if (!hasOther) {
      errors += `${place}: ${FAULT_TEXTS[fault]}. `
      hasOther = true
    }
  }
  return errors
}

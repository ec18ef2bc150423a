/**
 * The key prefix of a class that names none: the plural of its name in snake case. `Visit` → `visits`, `UserVisit` →
 * `user_visits`, `City` → `cities`, `HTTPRequest` → `http_requests`. English is irregular in more words than these:
 * `@Entity({ prefix })` has the last word.
 */
export function defaultPrefix(className: string): string {
  const words = snakeCase(className).split('_')
  const last = words.pop() ?? ''
  return [...words, plural(last)].join('_')
}

function snakeCase(name: string): string {
  return name
    .replace(/(\p{Ll}|\d)(\p{Lu})/gu, '$1_$2')
    .replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1_$2')
    .toLowerCase()
}

const unchanged = new Set([
  'aircraft',
  'data',
  'deer',
  'equipment',
  'feedback',
  'fish',
  'information',
  'media',
  'metadata',
  'money',
  'news',
  'series',
  'sheep',
  'software',
  'species',
])

const irregular = new Map([
  ['child', 'children'],
  ['criterion', 'criteria'],
  ['echo', 'echoes'],
  ['foot', 'feet'],
  ['half', 'halves'],
  ['hero', 'heroes'],
  ['index', 'indices'],
  ['knife', 'knives'],
  ['leaf', 'leaves'],
  ['life', 'lives'],
  ['man', 'men'],
  ['matrix', 'matrices'],
  ['mouse', 'mice'],
  ['person', 'people'],
  ['potato', 'potatoes'],
  ['quiz', 'quizzes'],
  ['shelf', 'shelves'],
  ['tomato', 'tomatoes'],
  ['tooth', 'teeth'],
  ['vertex', 'vertices'],
  ['wife', 'wives'],
  ['woman', 'women'],
])

function plural(word: string): string {
  if (unchanged.has(word)) return word
  const known = irregular.get(word)
  if (known !== undefined) return known
  if (/(analy|ba|cri|diagno|hypothe|synthe|the)sis$/.test(word)) return word.replace(/is$/, 'es')
  if (/(s|x|z|ch|sh)$/.test(word)) return `${word}es`
  if (/[^aeiou]y$/.test(word)) return word.replace(/y$/, 'ies')
  return `${word}s`
}

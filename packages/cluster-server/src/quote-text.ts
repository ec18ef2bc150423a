const SPECIAL: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '"': '\\"',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\x07': '\\a',
  '\b': '\\b',
}

/** Text in quotation marks, with everything but printable ASCII escaped; `sdscatrepr` of Redis. */
export const quoteText = (text: string): string => {
  const escaped = text.replace(
    /[\\"]|[^ -~]/g,
    (character) => SPECIAL[character] ?? `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )
  return `"${escaped}"`
}

/**
 * Joins the words of each `(…)` that was written as several: a selector is one rule.
 * @returns the rules, or the word with a parenthesis that is not closed.
 */
export const joinSelectors = (
  words: readonly string[],
): { readonly rules: readonly string[] } | { readonly unclosed: string } => {
  const rules: string[] = []
  let open: { readonly first: string; text: string } | null = null
  for (const word of words) {
    if (word.startsWith('(') && !word.endsWith(')')) open = { first: word, text: word }
    else if (open === null) rules.push(word)
    else {
      open.text += ` ${word}`
      if (!word.endsWith(')')) continue
      rules.push(open.text)
      open = null
    }
  }
  return open === null ? { rules } : { unclosed: open.first }
}

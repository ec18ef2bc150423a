import { ListValue } from '../../keyspace/list-value.js'
import { SYNTAX_ERROR } from '../../wire-errors.js'
import type { CommandContext } from '../context.js'

/** An end of a list. */
export type ListEnd = 'LEFT' | 'RIGHT'

/** @throws SYNTAX_ERROR */
export const listEnd = (text: string): ListEnd => {
  const word = text.toUpperCase()
  if (word === 'LEFT' || word === 'RIGHT') return word
  throw SYNTAX_ERROR
}

/** Adds elements one by one, making the list when there is none. @returns its length */
export const pushAll = (context: CommandContext, key: string, elements: readonly string[], end: ListEnd): number => {
  const stored = context.db.getList(key)
  const list = stored ?? new ListValue()
  for (const element of elements) {
    if (end === 'LEFT') list.pushLeft(element)
    else list.pushRight(element)
  }
  if (!stored) context.db.set(key, list)
  context.db.changed(key, end === 'LEFT' ? 'lpush' : 'rpush')
  return list.size
}

/** Removes up to `count` elements of a list that is stored at `key`, in the order in which they come off. */
export const popUpTo = (
  context: CommandContext,
  key: string,
  list: ListValue,
  count: number,
  end: ListEnd,
): string[] => {
  const elements: string[] = []
  while (elements.length < count) {
    const element = end === 'LEFT' ? list.popLeft() : list.popRight()
    if (element === undefined) break
    elements.push(element)
  }
  context.db.changed(key, end === 'LEFT' ? 'lpop' : 'rpop')
  context.db.removeIfEmpty(key, list)
  return elements
}

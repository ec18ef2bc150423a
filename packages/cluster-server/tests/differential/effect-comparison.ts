import type { ReplicationReader } from '../support/replication-reader.js'
import { NEAR_MS } from './comparison.js'

/** One command as a replica got it. */
type Effect = readonly string[]

const SHOWN_WORDS = 20

const MARK = 'mark'

/** Marks the point `name` of the stream to replicas. */
export const markOfStream = (name: string): Effect => ['PUBLISH', MARK, name]

/** The effects up to a mark, which is taken out as well. */
export const readToMark = (reader: ReplicationReader, name: string): Promise<string[][]> =>
  reader.readUntil((argv) => argv[0] === 'PUBLISH' && argv[1] === MARK && argv[2] === name)

const timeOf = (word: string): number | undefined => {
  const time = /^(\d{13})(-\d+)?$/.exec(word)?.[1]
  return time === undefined ? undefined : Number(time)
}

/** The same words, or times that are near each other: what is relative depends on the moment of the command. */
const wordsAgree = (one: string, other: string): boolean => {
  if (one === other) return true
  const [time, otherTime] = [timeOf(one), timeOf(other)]
  return time !== undefined && otherTime !== undefined && Math.abs(time - otherTime) <= NEAR_MS
}

/** SPOP tells replicas which members it happened to take. */
const comparable = (effect: Effect): Effect =>
  effect[0] === 'SREM' ? [...effect.slice(0, 2), `${effect.length - 2} members`] : effect

const agree = (one: Effect, other: Effect): boolean => {
  const [words, others] = [comparable(one), comparable(other)]
  return words.length === others.length && words.every((word, index) => wordsAgree(word, others[index] ?? ''))
}

const show = (effect: Effect | undefined): string =>
  effect === undefined
    ? 'nothing'
    : effect
        .slice(0, SHOWN_WORDS)
        .map((word) => JSON.stringify(word))
        .join(' ')

/** Keys that expired together are removed in an order of the server's own. */
const ordered = (effects: readonly Effect[]): Effect[] => {
  const result: Effect[] = []
  let removed: Effect[] = []
  const flush = (): void => {
    result.push(...removed.sort(([, one = ''], [, other = '']) => (one < other ? -1 : 1)))
    removed = []
  }
  for (const effect of effects) {
    if (effect[0] === 'DEL' && effect.length === 2) removed.push(effect)
    else {
      flush()
      result.push(effect)
    }
  }
  flush()
  return result
}

/** The first point at which two servers told their replicas different things, or undefined. */
export const effectsDiffer = (ourEffects: readonly Effect[], realEffects: readonly Effect[]): string | undefined => {
  const [ours, real] = [ordered(ourEffects), ordered(realEffects)]
  const length = Math.max(ours.length, real.length)
  for (let i = 0; i < length; i++) {
    const [one, other] = [ours[i], real[i]]
    if (one !== undefined && other !== undefined && agree(one, other)) continue
    return `effect ${i + 1}, after ${show(real[i - 1])}:\n  real: ${show(other)}\n  ours: ${show(one)}`
  }
  return undefined
}

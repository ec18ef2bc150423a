import { setTimeout as delay } from 'node:timers/promises'
import type { Repository, StoredRecord } from '../../src/repositories/repository.js'
import type { Random } from '../repositories/random.js'
import { faultsOfAnchors, faultsOfExpiry } from './anchor-answers.js'
import {
  absentFrom,
  type BriefRecord,
  faultSchema,
  faultsOfAnswer,
  randomFields,
  randomQuestion,
  rowsOf,
} from './fault-records.js'
import type { Ledger, Version, WriteEnd } from './ledger.js'
import { WAIT } from './part.js'

const KINDS = [
  ...['insert', 'insertMany', 'update', 'update', 'amend', 'rename', 'replace', 'expire', 'delete', 'delete'],
] as const
/** Records that one writer keeps at most. */
const MOST_RECORDS = 60

/** Writes random changes to records that no other writer touches, and enters each in the ledger. */
export async function runWriter(
  name: string,
  repository: Repository,
  random: Random,
  ledger: Ledger,
  isRunning: () => boolean,
): Promise<void> {
  let count = 0
  while (isRunning()) {
    count += 1
    ledger.operations += 1
    const isConfirming = random.below(2) === 0
    const confirming = isConfirming ? repository.confirming?.(WAIT) : undefined
    const target = confirming?.repository ?? repository
    /** Runs a write; `done` tells from its outcome whether it happened. */
    const write = async <Outcome>(
      versions: ReadonlyMap<string, Version>,
      run: () => Promise<Outcome>,
      isDone: (outcome: Outcome) => boolean,
      steps: 'one step' | 'several steps' = 'one step',
    ): Promise<void> => {
      let end: WriteEnd
      const fromMs = Date.now()
      try {
        const outcome = await run()
        const shortfall = confirming?.shortfall() ?? null
        if (shortfall !== null) ledger.noteError(name, shortfall)
        end = !isDone(outcome)
          ? 'nothing'
          : confirming !== undefined && shortfall === null
            ? 'confirmed'
            : 'acknowledged'
        if (end === 'nothing') for (const id of versions.keys()) ledger.missed(id, Date.now())
      } catch (error) {
        end = ledger.failed(name, error)
        if (steps === 'several steps') end = 'unknown'
      }
      for (const [id, version] of versions) ledger.wrote(id, version, end, fromMs)
      if ((end === 'confirmed' || end === 'acknowledged') && random.below(6) === 0) {
        for (const [id, version] of versions) await checkOwnWrite(repository, id, version, { end, fromMs }, ledger)
      }
    }
    const known = ledger.living(name, Date.now())
    const fresh = `${name}-${count}`
    const deadlineMs = random.below(5) === 0 ? Date.now() + 200 + random.below(2_000) : null
    const label = `${name} ${count}`
    const fields = randomFields(random, label, deadlineMs)
    ledger.offered(fields)
    // Now and then what is gone already.
    const gone = random.below(12) === 0 ? ledger.gone(name) : undefined
    const id = gone ?? (known.length === 0 ? fresh : random.of(known))
    const kind = known.length < 5 ? 'insert' : known.length > MOST_RECORDS ? 'delete' : random.of(KINDS)
    switch (kind) {
      case 'insert':
        await write(
          new Map([[fresh, { fields, deadlineMs }]]),
          () => target.insert(faultSchema, { id: fresh, fields, expiresAtMs: deadlineMs }, { replace: false }),
          (outcome) => {
            if (outcome !== 'inserted') ledger.violations.push(`${fresh} was there before it was inserted`)
            return outcome === 'inserted'
          },
        )
        break
      case 'insertMany':
        await insertSeveral(
          name,
          count,
          target,
          confirming?.shortfall ?? (() => null),
          confirming !== undefined,
          ledger,
          random,
        )
        break
      case 'update':
        // All fields and the deadline, so that a version does not depend on the one before.
        await write(
          new Map([[id, { fields, deadlineMs }]]),
          () => target.update(faultSchema, { id, set: fields, unset: absentFrom(fields), expiresAtMs: deadlineMs }),
          (outcome) => outcome === 'updated',
        )
        break
      case 'amend': {
        // The deadline stays as it is, so it must be known.
        const [version, ...others] = ledger.versions(id)
        if (!version || others.length > 0) break
        const amended = randomFields(random, label, version.deadlineMs)
        ledger.offered(amended)
        await write(
          new Map([[id, { fields: amended, deadlineMs: version.deadlineMs }]]),
          () => target.update(faultSchema, { id, set: amended, unset: absentFrom(amended) }),
          (outcome) => outcome === 'updated',
        )
        break
      }
      case 'replace':
        await write(
          new Map([[id, { fields, deadlineMs }]]),
          () => target.insert(faultSchema, { id, fields, expiresAtMs: deadlineMs }, { replace: true }),
          (outcome) => outcome === 'inserted',
        )
        break
      case 'rename': {
        // To another partition in most cases: several steps, of which any may be the last.
        const newId = `${fresh}r`
        await write(
          new Map([
            [id, null],
            [newId, { fields, deadlineMs }],
          ]),
          () =>
            target.update(faultSchema, { id, newId, set: fields, unset: absentFrom(fields), expiresAtMs: deadlineMs }),
          (outcome) => outcome === 'updated',
          'several steps',
        )
        break
      }
      case 'expire': {
        const at = Date.now() + 200 + random.below(1_000)
        const [version, ...others] = ledger.versions(id)
        // What expires then is whichever of the versions there is.
        if (!version || version.deadlineMs !== null || others.length > 0) break
        await write(
          new Map([[id, { fields: version.fields, deadlineMs: at }]]),
          () => target.expire(faultSchema, id, at),
          (outcome) => outcome,
        )
        break
      }
      case 'delete':
        await write(
          new Map([[id, null]]),
          () => target.delete(faultSchema, [id]),
          ([outcome]) => outcome === true,
        )
        break
      default:
        throw new TypeError(String(kind satisfies never))
    }
    await delay(random.below(4))
  }
}

/** Several new records in one call; each has an outcome of its own. */
async function insertSeveral(
  name: string,
  count: number,
  target: Repository,
  shortfall: () => Error | null,
  isConfirming: boolean,
  ledger: Ledger,
  random: Random,
): Promise<void> {
  const records = Array.from({ length: 4 }, (_, index) => {
    const label = `${name} ${count} ${index}`
    const fields = randomFields(random, label, null)
    ledger.offered(fields)
    return { id: `${name}-${count}-${index}`, fields, expiresAtMs: null }
  })
  const fromMs = Date.now()
  let outcomes: readonly ('inserted' | 'duplicate' | Error)[]
  try {
    outcomes = await target.insertMany(faultSchema, records)
  } catch (error) {
    const end = ledger.failed(name, error)
    for (const { id, fields } of records)
      ledger.wrote(id, { fields, deadlineMs: null }, end === 'nothing' ? end : 'unknown', fromMs)
    return
  }
  const missing = shortfall()
  if (missing !== null) ledger.noteError(name, missing)
  for (const [index, { id, fields }] of records.entries()) {
    const outcome = outcomes[index]
    if (outcome === 'duplicate') ledger.violations.push(`${id} was there before it was inserted`)
    const end =
      outcome === 'inserted'
        ? isConfirming && missing === null
          ? 'confirmed'
          : 'acknowledged'
        : outcome === 'duplicate'
          ? 'nothing'
          : ledger.failed(name, outcome)
    ledger.wrote(id, { fields, deadlineMs: null }, end, fromMs)
  }
}

/** A write is seen by every later read that must show our writes, whoever answers, unless it was lost in between. */
async function checkOwnWrite(
  repository: Repository,
  id: string,
  version: Version,
  { end, fromMs }: { readonly end: 'confirmed' | 'acknowledged'; readonly fromMs: number },
  ledger: Ledger,
): Promise<void> {
  const reading = repository.reading?.({ readYourWrites: true })
  try {
    const [found] = await (reading?.repository ?? repository).fetch(faultSchema, [id])
    const isGone = version === null || (version.deadlineMs !== null && version.deadlineMs <= Date.now())
    if (isGone ? version === null && found : !found || found.fields.join() !== sorted(version, found)) {
      const by = JSON.stringify(reading?.served())
      const what = `${id} was read as ${JSON.stringify(found)} by ${by} after ${JSON.stringify(version)} was ${end}`
      if (end === 'confirmed') ledger.violations.push(what)
      else ledger.contradicted(what, { fromMs, toMs: Date.now() })
    }
  } catch (error) {
    ledger.noteError('own read', error)
  }
}

/** The version's fields in the order in which a record has them. */
function sorted(version: NonNullable<Version>, found: StoredRecord): string {
  const fields = new Map(version.fields.flatMap((name, at) => (at % 2 === 0 ? [[name, version.fields[at + 1]!]] : [])))
  if (fields.size * 2 !== found.fields.length) return '(another number of fields)'
  return found.fields.flatMap((name, at) => (at % 2 === 0 ? [name, fields.get(name) ?? '(none)'] : [])).join()
}

/** Asks random questions of the primaries and of replicas, and checks each answer against itself and the anchors. */
export async function runReader(
  repository: Repository,
  random: Random,
  anchors: readonly StoredRecord[],
  brief: readonly BriefRecord[],
  ledger: Ledger,
  isRunning: () => boolean,
): Promise<number> {
  let answers = 0
  while (isRunning()) {
    const from = random.below(3)
    const reading = from === 0 ? undefined : repository.reading?.({ readYourWrites: from === 1 })
    const source = reading?.repository ?? repository
    const question = randomQuestion(random)
    const size = random.below(2) === 0 ? null : 20 + random.below(100)
    const askedAtMs = Date.now()
    try {
      const rows = await rowsOf(source, question, size)
      const where: string[] = faultsOfAnswer(question, rows, anchors, askedAtMs, size !== null)
      for (const row of rows) if (!ledger.wasOffered(row.fields)) where.push(`nobody wrote ${JSON.stringify(row)}`)
      if (random.below(3) === 0) where.push(...(await faultsOfAnchors(source, anchors, random)))
      if (random.below(3) === 0) where.push(...(await faultsOfExpiry(source, brief, random)))
      answers += 1
      if (where.length > 0) {
        const shown = where.slice(0, 3).join('; ')
        ledger.violations.push(
          `${shown} (${where.length}) in the answer to ${JSON.stringify(question)} size ${size} by ${JSON.stringify(reading?.served() ?? 'primaries')}`,
        )
      }
    } catch (error) {
      ledger.noteError('reader', error)
    }
    await delay(random.below(5))
  }
  return answers
}

import { UniqueConstraintError } from '../../../errors/conflict-errors.js'
import type { ModelSchema } from '../../../schema/model-schema.js'
import type { Position } from '../../criteria.js'
import { keyOfRecord } from '../../record-keys.js'
import type { RecordKey, Repository, StoredRecord } from '../../repository.js'
import { ClaimSession } from '../../unique/claim-session.js'
import { type Claim, holderText } from '../../unique/unique-claims.js'
import type { UniqueSupport } from '../../unique/unique-support.js'
import { hasValues, type UniqueValue, uniqueNames, uniqueValuesOf } from '../../unique/unique-values.js'
import type { IndexReportBuilder } from './index-report.js'

/** How long a repair may be between taking a claim and confirming it. */
const LEASE_MS = 5000

/** What the claims of a model are gone through for. */
export interface ClaimTask {
  readonly schema: ModelSchema
  readonly repository: Pick<Repository, 'select' | 'fetch' | 'expiry'> & Repository
  readonly unique: UniqueSupport
  readonly report: IndexReportBuilder
  readonly mends: boolean
  readonly batchSize: number
}

/** A record and one of its unique values. */
interface Holding {
  readonly key: RecordKey
  readonly record: StoredRecord
  readonly value: UniqueValue
}

/**
 * Looks at the claims of all records of a model with unique attributes: each value needs one of its record. A claim that is
 * not there is `missing`, as when the attribute became unique after records were stored, or these were moved; one that
 * another record holds, with the value, is `stale`: two records have it, and only their owner can say which is to keep it.
 * Claims are not in the slots of their records, so what looks wrong is read once more. Brings a step for each page of records.
 */
export async function* inspectClaims(task: ClaimTask): AsyncGenerator<void> {
  const { schema, repository, batchSize } = task
  const fields = [...uniqueNames(schema), ...(schema.hashTag === undefined ? [] : [schema.hashTag.name])]
  let after: Position | null = null
  for (;;) {
    const question = { where: { type: 'all', of: [] } as const, order: [], limit: batchSize, offset: 0, after, fields }
    const page = await repository.select(schema, question)
    await inspectPage(task, page.records)
    yield
    after = page.positions.at(-1) ?? null
    if (!page.hasMore || after === null) return
  }
}

async function inspectPage(task: ClaimTask, records: readonly StoredRecord[]): Promise<void> {
  const { schema, repository, unique } = task
  const held = records.flatMap((record) => holdingsOf(schema, record))
  const doubtful = unsupported(held, await readClaims(unique, held))
  if (doubtful.length === 0) return
  const again = await repository.fetch(
    schema,
    doubtful.map(({ key }) => key),
  )
  const still = doubtful.filter(({ value }, index) => hasValues(again[index] ?? null, value))
  const claims = await readClaims(unique, still)
  for (const holding of unsupported(still, claims)) await judge(task, holding, claims[still.indexOf(holding)] ?? null)
}

async function judge(task: ClaimTask, { key, record, value }: Holding, claim: Claim | null): Promise<void> {
  const { schema, repository, report, mends } = task
  const title = `unique (${value.unique.attributes.map(({ name }) => name).join(' + ')})`
  const other = claim === null ? null : ((await repository.fetch(schema, [claim.holder]))[0] ?? null)
  const isContested = hasValues(other, value)
  report.addFinding(title, isContested ? 'stale' : 'missing', record.id, value.claimKey)
  if (!mends || isContested) return
  const session = new ClaimSession(task.unique, LEASE_MS)
  const expiresAtMs = (await repository.expiry(schema, key)) ?? null
  try {
    await session.take([{ schema, value, holder: key, from: null, expiresAtMs }])
  } catch (error) {
    if (error instanceof UniqueConstraintError) return
    throw error
  }
  const [now] = await repository.fetch(schema, [key])
  if (hasValues(now ?? null, value)) {
    await session.confirm()
    report.addMended(1)
  } else await session.giveBack()
}

function holdingsOf(schema: ModelSchema, record: StoredRecord): Holding[] {
  const key = keyOfRecord(schema, record.id, record.fields)
  return uniqueValuesOf(schema, record.fields).map((value) => ({ key, record, value }))
}

async function readClaims(unique: UniqueSupport, held: readonly Holding[]): Promise<readonly (Claim | null)[]> {
  return held.length === 0 ? [] : unique.claims.read(held.map(({ value }) => value.claimKey))
}

/** Values whose claim is not that of their record. A pending claim is somebody's who is at work, or will be judged. */
function unsupported(held: readonly Holding[], claims: readonly (Claim | null)[]): Holding[] {
  return held.filter(({ key }, index) => {
    const claim = claims[index]
    return claim == null || (claim.state === 'confirmed' && holderText(claim.holder) !== holderText(key))
  })
}

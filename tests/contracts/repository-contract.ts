import { describe, expect, jest, test } from '@jest/globals'
import { sampleSchema } from '../repositories/sample-schema.js'
import { itChangesOnCondition } from './change-contract.js'
import { ContractContext, type ContractSubject, everything } from './contract-context.js'
import { itTellsTwinsApart } from './oracle-property.js'
import { itAnswersQueries } from './query-contract.js'
import { itAppliesTransactions } from './transaction-contract.js'
import { itStoresRecords } from './write-contract.js'

jest.setTimeout(60_000)

/** What every repository promises of models with a hash tag, whose ids are unique within a partition alone. */
export function taggedContract(title: string, subject: ContractSubject & { readonly hashTag: string }): void {
  describe(title, () => {
    const context = new ContractContext(subject)
    itChangesOnCondition(context)
    itAnswersQueries(context)
    itAppliesTransactions(context)
    itTellsTwinsApart(
      () => context.repository,
      () => context.schema,
    )
  })
}

/** What every repository promises. */
export function repositoryContract(title: string, subject: ContractSubject): void {
  describe(title, () => {
    const context = new ContractContext(subject)
    itStoresRecords(context)
    itChangesOnCondition(context)
    itAnswersQueries(context)
    itAppliesTransactions(context)

    test('clear removes the records of its model alone', async () => {
      const other = sampleSchema(subject.partitions, `${context.schema.prefix}x`)
      await context.repository.insert(
        other,
        { id: 'other', fields: ['ip', 'a'], expiresAtMs: null },
        { replace: false },
      )
      for (let at = 0; at < 600; at++)
        await context.insert(`id${at}`, { ip: 'a' }, at % 3 === 0 ? Date.now() + 60_000 : null)
      expect(await context.repository.clear(context.schema)).toBe(600)
      expect(await context.count(everything)).toBe(0)
      expect(await context.repository.clear(context.schema)).toBe(0)
      expect(await context.repository.clear(other)).toBe(1)
    })
  })
}

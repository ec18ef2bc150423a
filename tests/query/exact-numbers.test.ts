import { expect, test } from '@jest/globals'
import { Attribute, Entity, Model, type Ranged, Searchable } from '../../src/index.js'
import { describeStores } from '../model/support/stores.js'

@Entity({ timestamps: false, partitions: 2 })
class Account extends Model {
  declare id: string
  @Searchable({ range: true, cast: 'decimal:2' }) declare balance: Ranged<string> | null
  @Attribute({ cast: 'decimal:2' }) declare limit: string | null
  @Searchable({ cast: 'bigint' }) declare units: bigint | null
}

const units = [9n, -10n, 10n, -9n, 0n, 10n ** 30n, 9_007_199_254_740_993n, -(10n ** 30n), 9_007_199_254_740_992n]
const limits = ['9.00', '-10.00', '99999999999999999.02', '10.50', '-99999999999999999.01', '99999999999999999.10']
const balances = ['-1.01', '-1.00', '0.99', '1.00', '1.01', '1.02']

describeStores([Account], () => {
  test('the least and the greatest of numbers beyond a double are found digit by digit', async () => {
    await Account.insertMany([
      ...units.map((value, at) => ({ id: `u${at}`, units: value, limit: limits[at] ?? null })),
      { id: 'none', units: null, limit: null },
    ])
    expect([await Account.min('units'), await Account.max('units')]).toEqual([-(10n ** 30n), 10n ** 30n])
    const few = Account.whereIn('units', [9n, 10n, -9n, -10n])
    expect([await few.min('units'), await few.max('units')]).toEqual([-10n, 10n])
    expect([await Account.min('limit'), await Account.max('limit')]).toEqual([
      '-99999999999999999.01',
      '99999999999999999.10',
    ])
    expect([await Account.whereNull('units').min('units'), await Account.whereNull('units').max('limit')]).toEqual([
      null,
      null,
    ])
  })

  test('a bound with more digits than the attribute keeps its place between two values', async () => {
    await Account.insertMany([...balances.map((balance) => ({ id: balance, balance })), { id: 'none', balance: null }])
    const found = async (query: ReturnType<typeof Account.query>) => (await query.ids()).sort()
    const where = (test: (balance: number) => boolean) => balances.filter((balance) => test(Number(balance))).sort()
    for (const bound of ['1.005', '1.004', '1.00', '-1.005', '-1.004', '-1.00', '1.0000001', '0.9999999']) {
      const number = Number(bound)
      expect([bound, await found(Account.where('balance', '>', bound))]).toEqual([bound, where((it) => it > number)])
      expect([bound, await found(Account.where('balance', '>=', bound))]).toEqual([bound, where((it) => it >= number)])
      expect([bound, await found(Account.where('balance', '<', bound))]).toEqual([bound, where((it) => it < number)])
      expect([bound, await found(Account.where('balance', '<=', bound))]).toEqual([bound, where((it) => it <= number)])
    }
    expect(await found(Account.whereBetween('balance', '-1.005', '1.005'))).toEqual(
      where((it) => it >= -1.005 && it <= 1.005),
    )
    expect(await found(Account.query().whereNotBetween('balance', '0.995', '1.014'))).toEqual(
      ['none', ...where((it) => it < 0.995 || it > 1.014)].sort(),
    )
  })
})

import { beforeEach, expect, test } from '@jest/globals'
import {
  Attribute,
  Entity,
  HashTag,
  InvalidStateError,
  Model,
  Searchable,
  StaleModelError,
  Version,
} from '../../src/index.js'
import { describeStores } from '../model/support/stores.js'

@Entity({ timestamps: false, partitions: 3 })
class Invoice extends Model {
  declare id: string
  @Attribute() @HashTag() declare tenantId: string
  @Version() declare version: number
  @Attribute() @Searchable() declare status: string
  @Attribute() declare note: string
}

describeStores([Invoice], () => {
  beforeEach(async () => {
    await Invoice.create({ id: 'i', tenantId: 't', status: 'open', note: 'long' })
  })

  test('a selection has what its records need to be written: key, hash tag and version', async () => {
    const [invoice] = await Invoice.where('tenantId', 't').select('status').get()
    expect([invoice?.id, invoice?.tenantId, invoice?.version, invoice?.status]).toEqual(['i', 't', 1, 'open'])
    expect(() => invoice?.note).toThrow(InvalidStateError)
    const other = await Invoice.where('tenantId', 't').firstOrFail()
    await invoice?.update({ status: 'paid' })
    await expect(other.update({ note: 'late' })).rejects.toThrow(StaleModelError)
    expect((await Invoice.where('tenantId', 't').firstOrFail()).toJSON()).toMatchObject({
      status: 'paid',
      note: 'long',
      version: 2,
    })
  })
})

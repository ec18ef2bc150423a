import { IndexedRepository } from '../../src/repositories/indexed/indexed-repository.js'
import { openTarget } from '../support/open-target.js'
import { describeTargets, serverKinds } from '../support/targets.js'
import { repositoryContract, taggedContract } from './repository-contract.js'

describeTargets(serverKinds, (target) => {
  for (const partitions of [1, 4, 6]) {
    repositoryContract(`indexed repository of ${partitions} partitions`, {
      partitions,
      open: async () => {
        const connection = await openTarget(target)
        return { repository: new IndexedRepository(async () => connection), close: () => connection.close() }
      },
    })
  }

  taggedContract('indexed repository of 4 partitions by hash tag', {
    partitions: 4,
    hashTag: 'ip',
    open: async () => {
      const connection = await openTarget(target)
      return { repository: new IndexedRepository(async () => connection), close: () => connection.close() }
    },
  })

  taggedContract('indexed repository by hash tag whose scripts answer in very small steps', {
    partitions: 3,
    hashTag: 'ip',
    open: async () => {
      const connection = await openTarget(target)
      const repository = new IndexedRepository(async () => connection, { candidates: 7, chunk: 3 })
      return { repository, close: () => connection.close() }
    },
  })

  repositoryContract('indexed repository whose scripts answer in very small steps', {
    partitions: 2,
    open: async () => {
      const connection = await openTarget(target)
      const repository = new IndexedRepository(async () => connection, { candidates: 7, chunk: 3 })
      return { repository, close: () => connection.close() }
    },
  })
})

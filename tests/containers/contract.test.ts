import { IndexedRepository } from '../../src/repositories/indexed/indexed-repository.js'
import { RedisRepository } from '../../src/repositories/redis/redis-repository.js'
import { repositoryContract } from '../contracts/repository-contract.js'
import { openTarget } from '../support/open-target.js'
import { containerKinds, describeTargets } from '../support/targets.js'

describeTargets(containerKinds, (target) => {
  repositoryContract('indexed repository', {
    partitions: 6,
    open: async () => {
      const connection = await openTarget(target)
      return { repository: new IndexedRepository(async () => connection), close: () => connection.close() }
    },
  })

  repositoryContract('redis repository', {
    partitions: 6,
    open: async () => {
      const connection = await openTarget(target)
      return { repository: new RedisRepository(async () => connection), close: () => connection.close() }
    },
  })
})

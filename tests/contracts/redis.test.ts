import { RedisRepository } from '../../src/repositories/redis/redis-repository.js'
import { openTarget } from '../support/open-target.js'
import { describeTargets } from '../support/targets.js'
import { repositoryContract } from './repository-contract.js'

describeTargets(['redis-server', 'embedded-node'], (target) => {
  repositoryContract('redis repository', {
    partitions: 6,
    open: async () => {
      const connection = await openTarget(target)
      return { repository: new RedisRepository(async () => connection), close: () => connection.close() }
    },
  })
})

import { ClusterRepository } from '../../src/repositories/cluster/cluster-repository.js'
import { openTarget } from '../support/open-target.js'
import { describeTargets } from '../support/targets.js'
import { repositoryContract } from './repository-contract.js'

describeTargets(['redis-cluster', 'embedded-cluster'], (target) => {
  repositoryContract('cluster repository', {
    partitions: 6,
    open: async () => {
      const connection = await openTarget(target)
      return { repository: new ClusterRepository(async () => connection), close: () => connection.close() }
    },
  })
})

import { ArrayRepository } from '../../src/repositories/array/array-repository.js'
import { repositoryContract, taggedContract } from './repository-contract.js'

repositoryContract('array repository', {
  partitions: 6,
  open: async () => ({ repository: new ArrayRepository(), close: async () => {} }),
})

taggedContract('array repository with a hash tag', {
  partitions: 4,
  hashTag: 'ip',
  open: async () => ({ repository: new ArrayRepository(), close: async () => {} }),
})

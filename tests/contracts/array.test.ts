import { ArrayRepository } from '../../src/repositories/array/array-repository.js'
import { repositoryContract } from './repository-contract.js'

repositoryContract('array repository', {
  partitions: 6,
  open: async () => ({ repository: new ArrayRepository(), close: async () => {} }),
})

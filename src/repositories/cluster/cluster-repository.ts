import type { ConnectionSource } from '../connection-source.js'
import { RedisRepository } from '../redis/redis-repository.js'

/**
 * The layout of `redis` on a cluster: searches walk every primary, and a record whose key changes moves between slots in
 * steps that never leave it without a hash.
 */
export class ClusterRepository extends RedisRepository {
  override readonly name: string = 'cluster'

  protected override over(connection: ConnectionSource): ClusterRepository {
    return new ClusterRepository(connection)
  }
}

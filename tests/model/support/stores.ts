import { afterAll, afterEach, beforeAll, describe } from '@jest/globals'
import { ConnectionManager, Model } from '../../../src/index.js'
import { definitionOf } from '../../../src/model/definition-of.js'
import type { ModelRecord } from '../../../src/model/model-record.js'
import { targetUrl } from '../../support/open-target.js'
import { describeTargets, type Target, type TargetKind } from '../../support/targets.js'

/** A repository over something that stores. */
export interface Store {
  readonly repository: 'array' | 'redis' | 'cluster' | 'indexed'
  readonly target: Target
  /** The connections of all models; 'default' is the target under the suite's key prefix, and none for memory. */
  readonly connections: ConnectionManager
}

const repositories: Partial<Record<TargetKind, readonly Store['repository'][]>> = {
  memory: ['array'],
  'redis-server': ['redis', 'indexed'],
  'redis-cluster': ['cluster', 'indexed'],
  'embedded-cluster': ['indexed'],
}

const kinds = Object.keys(repositories) as TargetKind[]

/**
 * Runs one body against every repository, or only some, on every target that it is made for. All models use it meanwhile;
 * the records of the named ones are removed after each test.
 */
export function describeStores(
  models: readonly { prototype: ModelRecord }[],
  body: (store: Store) => void,
  only: readonly Store['repository'][] = ['array', 'redis', 'cluster', 'indexed'],
): void {
  const wanted = (kind: TargetKind) => (repositories[kind] ?? []).filter((repository) => only.includes(repository))
  const used = kinds.filter((kind) => wanted(kind).length > 0)
  describeTargets(used, (target) => {
    for (const repository of wanted(target.kind)) {
      describe(`with the ${repository} repository`, () => {
        const connections = new ConnectionManager({})
        beforeAll(() => {
          if (target.topology !== 'memory') connections.define('default', targetUrl(target))
          Model.useConnections(connections)
          Model.setRepository(repository)
        })
        afterEach(async () => {
          for (const model of models) {
            await Model.getRepository.call(model).clear(definitionOf(model.prototype).schema)
          }
        })
        afterAll(() => connections.closeAll())
        body({ repository, target, connections })
      })
    }
  })
}

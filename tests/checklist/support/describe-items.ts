import { describe, test } from '@jest/globals'
import type { ModelRecord } from '../../../src/model/model-record.js'
import { describeStores, type Store } from '../../model/support/stores.js'
import { type DefectId, defects } from './facts.js'

/** One item of the acceptance list. The table in docs/checklist.md is made of these: they are literals. */
export interface ItemFacts {
  /** What is promised, in one line. */
  readonly promise: string
  /** Same as in the earlier library; mended: kept, with what was wrong or does not fit TypeScript changed; or left out. */
  readonly verdict: 'same' | 'mended' | 'left out'
  /** What differs, and why. Needed unless it is the same. */
  readonly why?: string
  /** The defects that this test would show. */
  readonly defects?: readonly DefectId[]
  /** The repositories to which it applies; default: all. */
  readonly on?: readonly Store['repository'][]
}

/** Where a defect could happen, if not everywhere. */
export interface DefectFacts {
  readonly on?: readonly Store['repository'][]
}

/** Declares an item with the test that proves it. */
export type ItemDeclaration = (id: string, facts: ItemFacts, prove: (store: Store) => unknown) => void

/** Declares a test that a defect does not happen. */
export type DefectDeclaration = (id: DefectId, facts: DefectFacts, prove: (store: Store) => unknown) => void

/**
 * Proves items on each repository and server to which they apply; records of the models are removed after each test. `only` is
 * for files of which no item applies to the others.
 */
export function describeItems(
  models: readonly { prototype: ModelRecord }[],
  body: (item: ItemDeclaration, defect: DefectDeclaration) => void,
  only?: readonly Store['repository'][],
): void {
  describeStores(
    models,
    (store) => {
      const applies = (on: readonly Store['repository'][] | undefined) => on?.includes(store.repository) ?? true
      body(
        (id, facts, prove) => {
          if (applies(facts.on)) test(`${id}: ${facts.promise}`, async () => void (await prove(store)))
        },
        (id, facts, prove) => {
          if (applies(facts.on)) test(`${id}: ${defects[id]}`, async () => void (await prove(store)))
        },
      )
    },
    only,
  )
}

/** Declares items that need no server, or servers of their own; `on` then only tells which repositories they are about. */
export function describePlainItems(
  body: (
    item: (id: string, facts: ItemFacts, prove: () => unknown) => void,
    defect: (id: DefectId, facts: DefectFacts, prove: () => unknown) => void,
  ) => void,
): void {
  describe('without a server', () => {
    body(
      (id, facts, prove) => test(`${id}: ${facts.promise}`, async () => void (await prove())),
      (id, _facts, prove) => test(`${id}: ${defects[id]}`, async () => void (await prove())),
    )
  })
}

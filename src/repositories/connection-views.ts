import type { ConfirmedWrites, ReplicaReadOptions, ReplicaReads, ReplicaWait } from '../connections/connection.js'
import type { ConnectionSource } from './connection-source.js'
import type { ConfirmingRepository, ReadingRepository, Repository } from './repository.js'

/** A repository over a view of its connection whose reads replicas answer. */
export function readingRepository(
  source: ConnectionSource,
  options: ReplicaReadOptions,
  over: (view: ConnectionSource) => Repository,
): ReadingRepository {
  let view: Promise<ReplicaReads> | null = null
  let opened: ReplicaReads | null = null
  const open = async (): Promise<ReplicaReads> => {
    opened = (await source()).replicaReads(options)
    return opened
  }
  const repository = over(() => {
    view ??= open()
    return view
  })
  return { repository, served: () => opened?.served() ?? [] }
}

/** A repository over a view of its connection whose writes replicas confirm. */
export function confirmingRepository(
  source: ConnectionSource,
  wait: ReplicaWait,
  over: (view: ConnectionSource) => Repository,
): ConfirmingRepository {
  let view: Promise<ConfirmedWrites> | null = null
  let opened: ConfirmedWrites | null = null
  const open = async (): Promise<ConfirmedWrites> => {
    opened = (await source()).confirmedWrites(wait)
    return opened
  }
  const repository = over(() => {
    view ??= open()
    return view
  })
  return { repository, shortfall: () => opened?.shortfall() ?? null }
}

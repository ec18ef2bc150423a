import { AsyncLocalStorage } from 'node:async_hooks'
import { InvalidArgumentError } from '../errors/usage-errors.js'
import type { ConfirmingRepository, Repository } from '../repositories/repository.js'

/** How surely what is written is kept. */
export interface ConfirmationOptions {
  /**
   * How many replicas must have what is written before the call returns, 1 or more; default: none is waited for. Fewer in
   * time are a `ReplicationError`: everything is stored on its primary all the same.
   */
  readonly waitReplicas?: number
  /** How long they are waited for, in milliseconds; default 1000. With `waitReplicas` alone. */
  readonly timeoutMs?: number
}

const TIMEOUT_MS = 1_000

/** The repositories of one confirmed piece of work. */
interface Confirmation {
  readonly replicas: number
  readonly timeoutMs: number
  readonly views: Map<Repository, ConfirmingRepository>
}

const current = new AsyncLocalStorage<Confirmation>()

/**
 * Runs a function whose writes replicas confirm: all writes of models that it awaits, those of event handlers included.
 * Reads cost nothing more. A write takes a round trip to a replica longer.
 *
 *     await confirmed({ waitReplicas: 1, timeoutMs: 500 }, async () => {
 *       await order.save()
 *       await basket.delete()
 *     })
 *
 * Throws `ReplicationError` when the function has ended and some write was not confirmed in time: it is stored, and is lost
 * only if its primary fails before a replica has it. Nothing is undone. Throws `InvalidArgumentError` for numbers out of
 * range, and for a model whose repository cannot wait.
 */
export async function confirmed<Result>(
  { waitReplicas, timeoutMs }: ConfirmationOptions,
  work: () => Promise<Result>,
): Promise<Result> {
  if (waitReplicas === undefined) {
    if (timeoutMs !== undefined) {
      throw new InvalidArgumentError(
        `timeoutMs is ${timeoutMs} without waitReplicas: say how many replicas to wait for.`,
      )
    }
    return work()
  }
  const confirmation: Confirmation = { replicas: waitReplicas, timeoutMs: timeoutMs ?? TIMEOUT_MS, views: new Map() }
  const result = await current.run(confirmation, work)
  for (const view of confirmation.views.values()) {
    const shortfall = view.shortfall()
    if (shortfall !== null) throw shortfall
  }
  return result
}

/** The repository through which models write now: a view of it that waits for replicas, where the work at hand does. */
export function confirmedView(repository: Repository): Repository {
  const confirmation = current.getStore()
  if (confirmation === undefined) return repository
  const { replicas, timeoutMs, views } = confirmation
  const known = views.get(repository)
  if (known !== undefined) return known.repository
  const view = repository.confirming?.({ replicas, timeoutMs })
  if (view === undefined) {
    throw new InvalidArgumentError(
      `The repository [${repository.name}] cannot wait for replicas: leave out waitReplicas.`,
    )
  }
  views.set(repository, view)
  return view.repository
}

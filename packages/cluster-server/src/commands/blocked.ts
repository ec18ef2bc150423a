import type { Reply } from '../resp/reply.js'

/**
 * The command waits. The dispatcher parks the client until one of `keys` is written or `untilMs` passes, and calls
 * `retry` in the client's order of arrival; inside MULTI and scripts it answers `deniedReply` at once instead.
 */
export class Blocked {
  constructor(
    readonly keys: readonly string[],
    /** Unix time in milliseconds; `Infinity` waits for ever. */
    readonly untilMs: number,
    /** `retry` may change it while it still has to wait: the count that WAIT answers when its time is up. */
    public timeoutReply: Reply,
    /**
     * Tries again; `undefined` means that it still has to wait. `readyKey` is the key that was written: Redis serves
     * keys in the order in which they became ready, not in that of the command. Without it, all keys are tried.
     */
    readonly retry: (readyKey?: string) => Reply | undefined,
    /** The answer where waiting is not possible; Redis gives BLMOVE another one there than on a timeout. */
    readonly deniedReply: Reply = timeoutReply,
    /** CLIENT UNBLOCK can end the wait. */
    readonly isInterruptible = true,
  ) {}
}

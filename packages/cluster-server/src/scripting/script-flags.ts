/** What a script or a function may declare, in the order in which Redis lists it. */
export const SCRIPT_FLAGS = ['no-writes', 'allow-oom', 'allow-stale', 'no-cluster', 'allow-cross-slot-keys'] as const

/** What a script or a function says of itself. */
export type ScriptFlag = (typeof SCRIPT_FLAGS)[number]

/** The flag of that name; undefined when there is none. */
export const scriptFlag = (name: string): ScriptFlag | undefined => SCRIPT_FLAGS.find((flag) => flag === name)

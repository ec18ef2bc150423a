import { inUse } from './class-in-use.js'

/**
 * Hooks of a class that run once, before it is first used: `booting`, `boot`, the `bootX` of mixins, `booted`. A class runs
 * those that it declares itself, with itself as `this`, after its base classes have run theirs: handlers and scopes are
 * inherited, so running them again for a subclass would register them twice.
 */
const fixedHooks = ['booting', 'boot', 'booted'] as const

let booted = new WeakSet<object>()

/** Boots a class and its base classes, unless that was done. */
export function bootClass(prototype: object): void {
  const chain: object[] = []
  for (let level: object | null = inUse(prototype); level !== null; level = Object.getPrototypeOf(level)) {
    if (booted.has(level)) break
    chain.unshift(level)
  }
  for (const level of chain) {
    // Before the hooks: they may use the class.
    booted.add(level)
    try {
      const owner: unknown = Object.hasOwn(level, 'constructor') ? level.constructor : undefined
      if (typeof owner === 'function') for (const hook of hooksOf(owner)) Reflect.apply(hook, owner, [])
    } catch (error) {
      booted.delete(level)
      throw error
    }
  }
}

/** Forgets which classes were booted: each boots again when it is next used. */
export function forgetBooted(): void {
  booted = new WeakSet()
}

/** Names of the methods that run on every new object: `initializeX` of mixins that have a static `bootX`. */
export function initialisersOf(prototype: object): readonly string[] {
  const names = new Set<string>()
  for (let level: object | null = prototype; level !== null; level = Object.getPrototypeOf(level)) {
    for (const name of Object.getOwnPropertyNames(level)) {
      if (!/^initialize[A-Z]/.test(name)) continue
      const boot: unknown = Reflect.get(prototype.constructor, name.replace('initialize', 'boot'))
      if (typeof boot === 'function' && typeof Reflect.get(prototype, name) === 'function') names.add(name)
    }
  }
  return [...names].reverse()
}

type Hook = (this: unknown) => unknown

function hooksOf(owner: object): readonly Hook[] {
  const own = (name: string): readonly Hook[] => {
    const hook: unknown = Object.hasOwn(owner, name) ? Reflect.get(owner, name) : undefined
    return typeof hook === 'function' ? [hook as Hook] : []
  }
  const [booting, boot, done] = fixedHooks
  const mixed = Object.getOwnPropertyNames(owner).filter((name) => /^boot[A-Z]/.test(name))
  return [...own(booting), ...own(boot), ...mixed.flatMap(own), ...own(done)]
}

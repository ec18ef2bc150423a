/** Classes and prototypes that `@Entity` replaced, with what took their place. */
const replacements = new WeakMap<object, object>()

/** A decorated class takes the place of the one that was written. */
export function replaceClass(written: { readonly prototype: object }, inUse: { readonly prototype: object }): void {
  replacements.set(written, inUse)
  replacements.set(written.prototype, inUse.prototype)
}

/**
 * The class, or prototype, that stands for this one. Within a decorated class its own name may mean the class as it was
 * written (swc compiles it so, and static fields run before decorators): both must be the same model.
 */
export function inUse<T extends object>(classOrPrototype: T): T {
  let found: object = classOrPrototype
  for (let next = replacements.get(found); next !== undefined; next = replacements.get(found)) found = next
  return found as T
}

import { type ClassDeclaration, decoratorsOf, type EntityDeclaration, writtenFor } from './declaration.js'
import { declareWaiting } from './standard-metadata.js'
import { staticsOf } from './static-declaration.js'

/** What one class says about its storage and behaviour: its static fields, and before them `@Entity`. */
export function entityOf(prototype: object): EntityDeclaration {
  const written = writtenFor(prototype)
  const own = entityOfLevel(prototype)
  return written === null ? own : { ...entityOfLevel(written), ...own }
}

function entityOfLevel(prototype: object): EntityDeclaration {
  const statics = staticsOf(prototype)?.entity
  const decorated = decoratorsOf(prototype)?.entity
  return statics && decorated ? { ...statics, ...decorated } : (decorated ?? statics ?? nothing)
}

/** The declarations of a class and its base classes, the base first; of one class its statics before its decorators. */
export function declarationChain(prototype: object): readonly ClassDeclaration[] {
  const chain: ClassDeclaration[] = []
  for (let level: object | null = prototype; level !== null; level = Object.getPrototypeOf(level)) {
    declareWaiting(level)
    for (const declaration of [decoratorsOf(level), staticsOf(level)]) if (declaration) chain.unshift(declaration)
  }
  return chain
}

const nothing: EntityDeclaration = {}

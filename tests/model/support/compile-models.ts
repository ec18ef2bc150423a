import { transformSync } from '@swc/core'
import * as activeredis from '../../../src/index.js'

/** What a model file exports. */
export type ModelExports = Record<string, unknown>

/** Compiles and runs the source of a model file as an application would, with class fields defined or assigned. */
export function compileModels<Exports extends ModelExports>(source: string, useDefineForClassFields: boolean): Exports {
  const { code } = transformSync(source, {
    swcrc: false,
    module: { type: 'commonjs' },
    jsc: {
      target: 'es2022',
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields },
      keepClassNames: true,
    },
  })
  const exports: ModelExports = {}
  const load = (name: string): unknown => {
    if (name === 'activeredis') return activeredis
    throw new Error(`a fixture imports ${name}`)
  }
  new Function('require', 'exports', code)(load, exports)
  return exports as Exports
}

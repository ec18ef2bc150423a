import { transformSync } from '@swc/core'
import * as activeredis from '../../../src/index.js'

/** What a model file exports. */
export type ModelExports = Record<string, unknown>

/** Which decorators a source is compiled with: those of `experimentalDecorators`, or those of ECMAScript, by their draft. */
export type DecoratorKind = 'legacy' | '2022-03' | '2023-11'

/** Compiles and runs the source of a model file as an application would, with class fields defined or assigned. */
export function compileModels<Exports extends ModelExports>(
  source: string,
  useDefineForClassFields: boolean,
  decorators: DecoratorKind = 'legacy',
): Exports {
  const transform =
    decorators === 'legacy'
      ? { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields }
      : { decoratorVersion: decorators, useDefineForClassFields }
  const { code } = transformSync(source, {
    swcrc: false,
    module: { type: 'commonjs' },
    jsc: {
      target: 'es2022',
      parser: { syntax: 'typescript', decorators: true },
      transform,
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

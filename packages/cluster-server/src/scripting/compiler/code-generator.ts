import type { CallSite } from '../runtime/call-stack.js'
import type { OperationSite } from '../runtime/operation-site.js'
import type { LuaValue } from '../runtime/value.js'
import { ChunkBuilder, type Environment, type StaticGlobals } from './chunk-builder.js'
import { FunctionGenerator, type ScriptCalls } from './statement-generator.js'
import type { FunctionExpression } from './syntax-tree.js'

/** Code for `new Function`, and what it refers to. */
export interface GeneratedCode {
  readonly body: string
  readonly sites: readonly OperationSite[]
  readonly constants: readonly LuaValue[]
  readonly callSites: ReadonlyMap<number, CallSite>
}

/** Lines that `new Function` puts in front of its body. */
const HEADER_LINES = 2

/**
 * Generates the code of a chunk: a body that returns the main function, which takes KEYS, ARGV and the arguments of
 * the chunk. The names in it are those of `RUNTIME_NAMES`.
 */
export const generateCode = (
  chunk: FunctionExpression,
  options: {
    readonly source: string
    readonly globals: StaticGlobals
    readonly resumable: boolean
    readonly environment: Environment
    readonly calls: ScriptCalls
  },
): GeneratedCode => {
  const builder = new ChunkBuilder(options.source, options.globals, options.resumable, options.environment)
  const main = new FunctionGenerator(builder, chunk.info, options.calls).generate([], chunk.body)
  const body = `"use strict";return function(K,A){${builder.declarations()}return ${main}}`
  return {
    body,
    sites: builder.sites,
    constants: builder.constants,
    callSites: builder.callSitesByLine(body, HEADER_LINES),
  }
}

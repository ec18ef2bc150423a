import type { CallSite } from '../runtime/call-stack.js'
import type { LuaValue } from '../runtime/value.js'
import { singleResultFunctions } from './chunk-builder.js'
import { describe, operandName } from './operand-name.js'
import { type Code, code, isPlain, numberLiteral, OperationGenerator, stringCode } from './operation-generator.js'
import {
  type CallExpression,
  type Expression,
  type FunctionExpression,
  isMultiple,
  type LocalExpression,
  type MethodCallExpression,
  type TableField,
  type Variable,
} from './syntax-tree.js'

/** The name of a variable in generated code. */
export const variableName = (variable: Variable): string => `V${variable.id}`

/** Values, calls and table constructors. */
export abstract class ExpressionGenerator extends OperationGenerator {
  protected abstract functionValue(expression: FunctionExpression): string

  value(expression: Expression): Code {
    switch (expression.kind) {
      case 'nil':
        return code('undefined', 'nil', true)
      case 'true':
      case 'false':
        return code(expression.kind, 'boolean', true)
      case 'number':
        return code(numberLiteral(expression.value), 'number', true)
      case 'string':
        return stringCode(expression.value)
      case 'vararg':
        return code('va[0]')
      case 'function':
        return code(this.functionValue(expression), 'function')
      case 'table':
        return code(this.#table(expression.fields, expression.line), 'table')
      case 'local':
        return this.#local(expression)
      case 'global':
        return this.#global(expression.name, expression.line)
      case 'index':
        return this.#index(expression)
      case 'parenthesised':
        return this.value(expression.inner)
      case 'call':
      case 'methodCall':
        return this.#single(expression)
      case 'and':
      case 'or':
        return this.logical(expression)
      case 'not':
        return code(`!${this.condition(expression.operand)}`, 'boolean')
      case 'negate':
        return this.negate(expression)
      case 'length':
        return this.length(expression)
      case 'binary':
        return this.binary(expression)
      default:
        return expression satisfies never
    }
  }

  /** A list of values as the elements of an array or arguments; the last may stand for many. */
  list(expressions: readonly Expression[]): string {
    const last = expressions.at(-1)
    const texts = expressions.map((expression) =>
      expression === last && isMultiple(last) ? this.spread(last) : this.value(expression).text,
    )
    return texts.join(',')
  }

  /** All values of the last expression of a list. */
  protected spread(expression: Expression): string {
    return expression.kind === 'vararg' ? '...va' : `...spread(${this.result(expression)})`
  }

  /** The result of a call as it comes, one value or a `Multi`. */
  result(expression: Expression, tail = false): string {
    if (expression.kind === 'call') return this.#call(expression, tail).text
    if (expression.kind === 'methodCall') return this.#methodCall(expression, tail)
    return this.value(expression).text
  }

  #single(expression: CallExpression | MethodCallExpression): Code {
    const call = expression.kind === 'call' ? this.#call(expression, false) : undefined
    if (call?.single === true) return code(call.text)
    const name = this.temporary()
    const text = call?.text ?? this.result(expression)
    return code(`((${name}=${text}) instanceof M?${name}.values[0]:${name})`)
  }

  #local({ variable }: LocalExpression): Code {
    const stable = !(variable.captured && variable.reassigned)
    const type = variable.isFunction && !variable.reassigned ? 'function' : 'any'
    return code(variableName(variable), this.isNumber(variable) ? 'number' : type, stable)
  }

  /** Whether a variable always holds a number; the statements know the variables of their loops. */
  protected abstract isNumber(variable: Variable): boolean

  #global(name: string, line: number): Code {
    const isLibrary = this.chunk.environment === 'library'
    if (!isLibrary && name === 'KEYS') return code('K', 'table', true)
    if (!isLibrary && name === 'ARGV') return code('A', 'table', true)
    const value = this.chunk.globals.global(name)
    const type = typeof value === 'function' ? 'function' : 'any'
    const constant = value === undefined ? undefined : this.chunk.constant(value)
    const text = stringCode(name).text
    if (isLibrary) {
      const site = this.chunk.site(line)
      return code(`(R.loading?loadGlobal(${text},${site}):${constant ?? `noGlobal(${text},${site})`})`, type, true)
    }
    return constant === undefined ? code(`noGlobal(${text},${this.chunk.site(line)})`) : code(constant, type, true)
  }

  #index(expression: Extract<Expression, { kind: 'index' }>): Code {
    const known = this.#libraryField(expression)
    const site = this.chunk.site(expression.line, operandName(expression.object, this.info))
    const object = this.value(expression.object)
    if (known !== undefined) {
      const constant = this.chunk.constant(known)
      const name = expression.key.kind === 'string' ? stringCode(expression.key.value).text : "''"
      const isLibrary = this.chunk.environment === 'library'
      const text = isLibrary ? `(R.loading?field(${object.text},${name},${site}):${constant})` : constant
      return code(text, typeof known === 'function' ? 'function' : 'any', true)
    }
    const key = this.value(expression.key)
    return code(`${key.type === 'string' && key.stable ? 'field' : 'index'}(${object.text},${key.text},${site})`)
  }

  #libraryField(expression: Expression): LuaValue {
    if (expression.kind !== 'index' || expression.object.kind !== 'global' || expression.key.kind !== 'string') {
      return undefined
    }
    return this.chunk.globals.field(expression.object.name, expression.key.value)
  }

  #call(expression: CallExpression, tail: boolean): { text: string; single: boolean } {
    const callSite: CallSite = { line: expression.line, tail, ...describe(expression.callee, this.info) }
    const known = this.#libraryField(expression.callee)
    const callee = this.value(expression.callee)
    const single = typeof known === 'function' && singleResultFunctions.has(known)
    const args = this.list(expression.args)
    const script = typeof known === 'function' ? this.scriptCall(known) : undefined
    if (script !== undefined) {
      // Not to be had while a library is loaded: looking it up fails then.
      const guard = this.chunk.environment === 'library' ? `R.loading&&${callee.text},` : ''
      return { text: `(${guard}${this.chunk.callSite(callSite)}${script}([${args}]))`, single: true }
    }
    if (this.chunk.resumable) {
      const site = this.chunk.site(expression.line, operandName(expression.callee, this.info))
      return {
        text: `(${this.chunk.callSite(callSite)}yield* resume(${callee.text},${site},[${args}]))`,
        single: false,
      }
    }
    if (callee.type === 'function' && callee.stable) {
      return {
        text: `(${this.chunk.callSite(callSite)}${callee.text}(${args}))`,
        single: single || this.#isSingle(expression.callee),
      }
    }
    const [before, name] = isPlain(callee) ? ['', callee.text] : this.#stored(callee.text)
    return {
      text: `(${before}${this.chunk.callSite(callSite)}${this.#callable(name, expression)}(${args}))`,
      single: false,
    }
  }

  /** The helper that stands for `redis.call` or `redis.pcall` and takes one array. */
  protected abstract scriptCall(known: LuaValue): string | undefined

  #isSingle(callee: Expression): boolean {
    const value = callee.kind === 'global' ? this.chunk.globals.global(callee.name) : undefined
    return typeof value === 'function' && singleResultFunctions.has(value)
  }

  #callable(name: string, expression: CallExpression): string {
    const site = this.chunk.site(expression.line, operandName(expression.callee, this.info))
    return `(typeof ${name}==='function'?${name}:callable(${name},${site}))`
  }

  #methodCall(expression: MethodCallExpression, tail: boolean): string {
    const object = this.value(expression.object)
    const [before, self] = object.stable ? ['', object.text] : this.#stored(object.text)
    const lookup = this.chunk.site(expression.nameLine, operandName(expression.object, this.info))
    const [load, method] = this.#stored(`field(${self},${stringCode(expression.name).text},${lookup})`)
    const callSite = this.chunk.callSite({ line: expression.line, tail, kind: 'method', name: expression.name })
    const site = this.chunk.site(expression.line, `method '${expression.name}'`)
    const args = [self, this.list(expression.args)].filter((each) => each !== '').join(',')
    if (this.chunk.resumable) return `(${before}${load}${callSite}yield* resume(${method},${site},[${args}]))`
    return `(${before}${load}${callSite}(typeof ${method}==='function'?${method}:callable(${method},${site}))(${args}))`
  }

  #stored(text: string): [before: string, name: string] {
    const name = this.temporary()
    return [`${name}=${text},`, name]
  }

  #table(fields: readonly TableField[], line: number): string {
    if (fields.length === 0) return 'new T()'
    if (fields.every((field) => field.kind === 'item')) {
      const items = this.list(fields.map((field) => field.value))
      return `T.fromItems([${items}])`
    }
    if (this.#areDistinctNames(fields)) {
      const names = fields.map((field) => (field.kind === 'field' ? this.value(field.key).text : ''))
      return `T.fromFields([${names.join(',')}],[${fields.map((field) => this.value(field.value).text).join(',')}])`
    }
    const entries = fields.map((field, index) => {
      if (field.kind === 'field') return `${this.value(field.key).text},${this.value(field.value).text}`
      const isLast = index === fields.length - 1
      return isLast && isMultiple(field.value)
        ? `REST,[${this.spread(field.value)}]`
        : `ITEM,${this.value(field.value).text}`
    })
    return `construct([${entries.join(',')}],${this.chunk.site(line)})`
  }

  #areDistinctNames(fields: readonly TableField[]): boolean {
    const names = fields.map((field) =>
      field.kind === 'field' && field.key.kind === 'string' ? field.key.value : undefined,
    )
    return !names.includes(undefined) && new Set(names).size === names.length
  }
}

import type { LuaValue } from '../runtime/value.js'
import { type ChunkBuilder, literal } from './chunk-builder.js'
import { ExpressionGenerator, variableName } from './expression-generator.js'
import { operandName } from './operand-name.js'
import {
  type Expression,
  type FunctionExpression,
  type FunctionInfo,
  isMultiple,
  type LineMark,
  type Statement,
  type Target,
  type Variable,
} from './syntax-tree.js'

/** Iterations of a function's loops between two looks at the clock. */
const LOOP_BATCH = 4095
/** Variables and temporaries that weigh as much on the stack as one call. */
const VARIABLES_PER_FRAME = 24

type Of<Kind extends Statement['kind']> = Extract<Statement, { kind: Kind }>

/** The library functions that generated code calls with one array of arguments. */
export interface ScriptCalls {
  readonly call: LuaValue
  readonly pcall: LuaValue
}

/** Generates the code of one function. */
export class FunctionGenerator extends ExpressionGenerator {
  readonly #calls: ScriptCalls
  readonly #numbers = new Set<Variable>()
  #names = 0

  constructor(chunk: ChunkBuilder, info: FunctionInfo, calls: ScriptCalls) {
    super(chunk, info)
    this.#calls = calls
  }

  /** `parameters` are names in generated code; `isChunk` leaves out what only inner functions need. */
  generate(parameters: readonly string[], body: readonly Statement[]): string {
    const { info } = this
    const weight = this.#weight()
    const code = this.#block(body)
    const variables = Array.from({ length: this.temporaries }, (_each, index) => `t${index}`)
    if (info.hasLoop) variables.push('n=0')
    if (weight > 0) variables.push('r')
    const all =
      info.isVararg && (info.usesVararg || info.argVariable !== undefined) ? [...parameters, '...va'] : parameters
    const declared = variables.length === 0 ? '' : `let ${variables.join(',')};`
    const arg =
      info.argVariable === undefined
        ? ''
        : `let ${variableName(info.argVariable)}=${info.usesVararg ? 'undefined' : 'argTable(va)'};`
    const enter = weight > 0 ? `R.depth+=${weight};if(--R.fuel<0){${this.#interruptible(info.line)}R.refuel();}\n` : ''
    const end = this.#endsInReturn(body) ? '' : this.#leave('N', weight)
    const star = this.chunk.resumable ? '*' : ''
    const text = `function${star}(${all.join(',')}){${declared}${enter}${arg}${code}${end}}`
    return this.chunk.resumable ? `resumable(${text})` : text
  }

  protected functionValue(expression: FunctionExpression): string {
    const inner = new FunctionGenerator(this.chunk, expression.info, this.#calls)
    return inner.generate(expression.parameters.map(variableName), expression.body)
  }

  protected isNumber(variable: Variable): boolean {
    return this.#numbers.has(variable)
  }

  protected scriptCall(known: LuaValue): string | undefined {
    if (known === this.#calls.call) return 'redisCall'
    return known === this.#calls.pcall ? 'redisPcall' : undefined
  }

  /** How much a call of this function adds to the depth; 0 when it calls nothing and so cannot recurse. */
  #weight(): number {
    if (this.info.parent === undefined || (!this.info.hasCall && !this.info.hasLoop)) return 0
    return 1 + Math.floor(this.info.variableCount / VARIABLES_PER_FRAME)
  }

  #leave(value: string, weight: number): string {
    return weight > 0 ? `r=${value};R.depth-=${weight};return r;` : `return ${value};`
  }

  #endsInReturn(body: readonly Statement[]): boolean {
    return body.at(-1)?.kind === 'return'
  }

  #block(statements: readonly Statement[]): string {
    return statements.map((statement) => this.#statement(statement)).join('\n')
  }

  #statement(statement: Statement): string {
    this.releaseTemporaries()
    switch (statement.kind) {
      case 'line':
        return this.#mark(statement)
      case 'break':
        return 'break;'
      case 'return':
        return this.#return(statement.values)
      case 'if':
        return this.#if(statement)
      case 'while':
        return `while(${this.condition(statement.condition)}){${this.#tick(statement.line)}${this.#block(statement.body)}}`
      case 'repeat':
        return this.#repeat(statement)
      case 'do':
        return `{${this.#block(statement.body)}}`
      case 'local':
        return this.#local(statement.variables, statement.values)
      case 'localFunction':
        return `let ${variableName(statement.variable)}=${this.functionValue(statement.value)};`
      case 'assign':
        return this.#assign(statement)
      case 'callStatement':
        return `${this.result(statement.call)};`
      case 'numericFor':
        return this.#numericFor(statement)
      case 'genericFor':
        return this.#genericFor(statement)
      default:
        return statement satisfies never
    }
  }

  /** Counts an iteration; from time to time the runtime looks whether the script has to stop. */
  #tick(line: number): string {
    return `if(++n>${LOOP_BATCH}){${this.#interruptible(line)}n=R.tick();}\n`
  }

  /** A place where the script may be stopped: the code that follows belongs to a line of the source. */
  #interruptible(line: number): string {
    return this.chunk.callSite({ line, kind: '', name: '', tail: false })
  }

  /** A debugger may stop here, and look at the variables. */
  #mark({ line, own, outer }: LineMark): string {
    if (line === 0) return 'R.forgetLine();'
    const list = (variables: readonly Variable[]): string =>
      variables.map((each) => `[${literal(each.name)},${variableName(each)}]`).join(',')
    return `${this.#interruptible(line)}R.line(${line},()=>({own:[${list(own)}],outer:[${list(outer)}]}));`
  }

  #return(values: readonly Expression[]): string {
    const weight = this.#weight()
    const [only] = values
    if (only === undefined) return this.#leave('N', weight)
    if (values.length === 1) {
      if (only.kind === 'vararg') return this.#leave('pack(va)', weight)
      return this.#leave(isMultiple(only) ? this.result(only, true) : this.value(only).text, weight)
    }
    const list = this.list(values)
    return this.#leave(isMultiple(values.at(-1)) ? `pack([${list}])` : `new M([${list}])`, weight)
  }

  #if(statement: Of<'if'>): string {
    const branches = statement.branches.map(({ condition, body }) => {
      this.releaseTemporaries()
      return `if(${this.condition(condition)}){${this.#block(body)}}`
    })
    const otherwise = statement.otherwise === undefined ? '' : `else{${this.#block(statement.otherwise)}}`
    return branches.join('else ') + otherwise
  }

  #repeat(statement: Of<'repeat'>): string {
    const body = this.#block(statement.body)
    this.releaseTemporaries()
    const last = statement.body.at(-1)?.kind
    const end = last === 'return' || last === 'break' ? '' : `if(${this.condition(statement.condition)})break;`
    return `while(true){${this.#tick(statement.line)}${body}\n${end}}`
  }

  #local(variables: readonly Variable[], values: readonly Expression[]): string {
    const names = variables.map(variableName)
    const last = values.at(-1)
    if (last === undefined || values.length >= names.length || !isMultiple(last)) {
      const parts = values.map((value, index) => {
        const text = isMultiple(value) && names[index] === undefined ? this.result(value) : this.value(value).text
        return names[index] === undefined ? `${text};` : `let ${names[index]}=${text};`
      })
      return (
        parts.join('') +
        names
          .slice(values.length)
          .map((name) => `let ${name};`)
          .join('')
      )
    }
    const single = values.slice(0, -1).map((value, index) => `let ${names[index]}=${this.value(value).text};`)
    const rest = names.slice(values.length - 1)
    const list = this.#name()
    const all = last.kind === 'vararg' ? 'va' : `spread(${this.result(last)})`
    return `${single.join('')}const ${list}=${all};${rest.map((name, index) => `let ${name}=${list}[${index}];`).join('')}`
  }

  #assign(statement: Of<'assign'>): string {
    const { targets, values, line } = statement
    const [target] = targets
    if (targets.length === 1 && values.length === 1 && target !== undefined) {
      const [value] = values
      return `${this.#store(target, value === undefined ? 'undefined' : this.value(value).text, line)};`
    }
    const places = targets.map((each) => this.#place(each))
    const results = this.#adjusted(values, targets.length)
    const stores = places.map(({ store }, index) => `${store(results.names[index] ?? 'undefined', line)};`)
    return `{${places.map(({ before }) => before).join('')}${results.before}${stores.reverse().join('')}}`
  }

  /** Evaluates the parts of a target, from left to right, before any value is computed. */
  #place(target: Target): { before: string; store: (value: string, line: number) => string } {
    if (target.kind !== 'index') return { before: '', store: (value, line) => this.#store(target, value, line) }
    const [object, key] = [this.#name(), this.#name()]
    const before = `const ${object}=${this.value(target.object).text},${key}=${this.value(target.key).text};`
    const name = operandName(target.object, this.info)
    return { before, store: (value, line) => `setIndex(${object},${key},${value},${this.chunk.site(line, name)})` }
  }

  #store(target: Target, value: string, line: number): string {
    switch (target.kind) {
      case 'local':
        return `${variableName(target.variable)}=${value}`
      case 'global':
        return `setGlobal(${value},${this.chunk.site(line)})`
      case 'index': {
        const site = this.chunk.site(line, operandName(target.object, this.info))
        const key = this.value(target.key)
        const helper = key.type === 'string' && key.stable ? 'setField' : 'setIndex'
        return `${helper}(${this.value(target.object).text},${key.text},${value},${site})`
      }
      default:
        return target satisfies never
    }
  }

  /** Evaluates a list of values into names, exactly `count` of them. */
  #adjusted(values: readonly Expression[], count: number): { before: string; names: string[] } {
    const names: string[] = []
    let before = ''
    values.forEach((value, index) => {
      const name = this.#name()
      const isLast = index === values.length - 1
      if (isLast && isMultiple(value) && names.length < count) {
        before += `const ${name}=${value.kind === 'vararg' ? 'va' : `spread(${this.result(value)})`};`
        for (let i = 0; names.length < count; i++) names.push(`${name}[${i}]`)
      } else {
        before += `const ${name}=${this.value(value).text};`
        names.push(name)
      }
    })
    return { before, names }
  }

  #numericFor(statement: Of<'numericFor'>): string {
    const { variable, line } = statement
    const [at, limit, step] = [this.#name(), this.#name(), this.#name()]
    const number = (expression: Expression, what: string): string => {
      const value = this.value(expression)
      return value.type === 'number' ? value.text : `forNumber(${value.text},'${what}',${this.chunk.site(line)})`
    }
    const fixed = statement.step === undefined ? 1 : literalStep(statement.step)
    const head = `${at}=${number(statement.start, 'initial')},${limit}=${number(statement.limit, 'limit')}`
    const stepCode =
      statement.step === undefined || fixed !== undefined ? '' : `,${step}=${number(statement.step, 'step')}`
    const change = fixed === undefined ? step : `${fixed < 0 ? `(${fixed})` : fixed}`
    const test = fixed === undefined ? `(${step}>0?V<=${limit}:V>=${limit})` : `V${fixed > 0 ? '<=' : '>='}${limit}`
    const own = variable.captured || variable.reassigned
    const counter = own ? at : variableName(variable)
    if (!variable.reassigned) this.#numbers.add(variable)
    const body = this.#block(statement.body)
    const copy = own ? `let ${variableName(variable)}=${at};` : ''
    const start = own ? '' : `let ${counter}=${at};`
    return `{let ${head}${stepCode};${start}for(;${test.replaceAll('V', counter)};${counter}+=${change}){${this.#tick(line)}${copy}${body}}}`
  }

  #genericFor(statement: Of<'genericFor'>): string {
    const values = this.#adjusted(statement.values, 3)
    const [f = 'undefined', state = 'undefined', control = 'undefined'] = values.names
    const names = statement.variables.map(variableName)
    const iterator = this.#name()
    const site = this.chunk.site(statement.line)
    const call = this.chunk.callSite({ line: statement.line, kind: '', name: '', tail: false })
    const [key, value, ...rest] = names
    const body = this.#block(statement.body)
    const fields = [`let ${key}=${iterator}.key;`]
    if (value !== undefined) fields.push(`let ${value}=${iterator}.value;`)
    rest.forEach((name, index) => {
      fields.push(`let ${name}=${iterator}.rest(${index + 2});`)
    })
    return `{${values.before}const ${iterator}=iterate(${f},${state},${control},${site});while(${call}${iterator}.next()){${this.#tick(statement.line)}${fields.join('')}${body}}}`
  }

  /** A new name of generated code, for values that live longer than an expression. */
  #name(): string {
    return `h${this.#names++}`
  }
}

/** The value of a step that is written as a number and is not zero. */
const literalStep = (expression: Expression): number | undefined =>
  expression.kind === 'number' && expression.value !== 0 ? expression.value : undefined

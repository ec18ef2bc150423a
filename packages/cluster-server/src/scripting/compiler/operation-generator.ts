import { type ChunkBuilder, literal } from './chunk-builder.js'
import { operandName } from './operand-name.js'
import type { BinaryOperator, Expression, FunctionInfo } from './syntax-tree.js'

/** The type of a value as far as it is known while compiling. */
export type KnownType = 'any' | 'nil' | 'boolean' | 'number' | 'string' | 'function' | 'table'

/** Generated code of one value. */
export interface Code {
  readonly text: string
  readonly type: KnownType
  /** May be written more than once and read later: nothing that runs in between changes it. */
  readonly stable: boolean
}

export const code = (text: string, type: KnownType = 'any', stable = false): Code => ({ text, type, stable })

/** May be written twice when nothing runs in between. */
export const isPlain = ({ stable, text }: Code): boolean => stable || /^V\d+$/.test(text)

const HELPERS: Readonly<Record<Exclude<BinaryOperator, '==' | '~='>, string>> = {
  '+': 'add',
  '-': 'sub',
  '*': 'mul',
  '/': 'div',
  '%': 'mod',
  '^': 'pow',
  '..': 'concat',
  '<': 'lt',
  '<=': 'le',
  '>': 'gt',
  '>=': 'ge',
}

/** Lua's remainder has the sign of the divisor. For whole numbers that are not negative the processor's own is the same. */
const remainder = (left: string, right: string): string => {
  const general = `${left}-Math.floor(${left}/${right})*${right}`
  const isSmall = /^[1-9]\d{0,8}$/.test(right)
  return isSmall ? `(${left}>=0&&(${left}|0)===${left}?(${left}|0)%${right}:${general})` : general
}

const numeric = (operator: BinaryOperator, left: string, right: string): string => {
  if (operator === '%') return remainder(left, right)
  if (operator === '^') return `power(${left},${right})`
  return `${left}${operator}${right.startsWith('-') ? ' ' : ''}${right}`
}

/** Operators: numbers and strings are handled where they stand, everything else by a helper of the runtime. */
export abstract class OperationGenerator {
  #temporaries = 0
  #temporariesInUse = 0

  constructor(
    protected readonly chunk: ChunkBuilder,
    protected readonly info: FunctionInfo,
  ) {}

  abstract value(expression: Expression): Code

  /** Most temporaries that one statement needed. */
  protected get temporaries(): number {
    return this.#temporaries
  }

  /** Temporaries are free again at the start of every statement. */
  protected releaseTemporaries(): void {
    this.#temporariesInUse = 0
  }

  protected temporary(): string {
    const index = this.#temporariesInUse++
    this.#temporaries = Math.max(this.#temporaries, this.#temporariesInUse)
    return `t${index}`
  }

  /** A condition of JavaScript. */
  condition(expression: Expression): string {
    switch (expression.kind) {
      case 'and':
        return `(${this.condition(expression.left)}&&${this.condition(expression.right)})`
      case 'or':
        return `(${this.condition(expression.left)}||${this.condition(expression.right)})`
      case 'not':
        return `!${this.condition(expression.operand)}`
      default:
        return this.#truth(this.value(expression))
    }
  }

  protected logical(expression: Extract<Expression, { kind: 'and' | 'or' }>): Code {
    const left = this.value(expression.left)
    const plain = isPlain(left)
    const name = plain ? left.text : this.temporary()
    const assigned = plain ? name : `(${name}=${left.text})`
    const right = this.value(expression.right)
    const type = left.type === right.type ? left.type : 'any'
    const isFalse = `${assigned}===undefined||${name}===false`
    return expression.kind === 'and'
      ? code(`(${isFalse}?${name}:${right.text})`, type)
      : code(`(${isFalse}?${right.text}:${name})`, type)
  }

  protected binary(expression: Extract<Expression, { kind: 'binary' }>): Code {
    const { operator } = expression
    const left = this.value(expression.left)
    const right = this.value(expression.right)
    const before: string[] = []
    const a = this.#operand(left, before, this.#isOwnVariable(expression.left))
    const b = right.stable ? right.text : this.#store(right, before)
    // An own variable is read after the right operand was computed, as Lua reads its registers.
    const text = this.#operation(operator, { ...left, text: a }, { ...right, text: b }, () =>
      this.chunk.site(
        expression.line,
        operandName(expression.left, this.info),
        operandName(expression.right, this.info),
      ),
    )
    return code(
      before.length === 0 ? `(${text})` : `(${before.join(',')},${text})`,
      this.#resultType(operator, left, right),
    )
  }

  protected negate(expression: Extract<Expression, { kind: 'negate' | 'length' }>): Code {
    const operand = this.value(expression.operand)
    const before: string[] = []
    const name = operand.stable ? operand.text : this.#store(operand, before)
    const prefix = before.length === 0 ? '' : `${before.join(',')},`
    if (operand.type === 'number') return code(`(${prefix}-${name})`, 'number')
    const site = this.chunk.site(expression.line, operandName(expression.operand, this.info))
    return code(`(${prefix}typeof ${name}==='number'?-${name}:unm(${name},${site}))`)
  }

  protected length(expression: Extract<Expression, { kind: 'negate' | 'length' }>): Code {
    const operand = this.value(expression.operand)
    if (operand.type === 'string' && operand.stable) return code(`${operand.text}.length`, 'number')
    const site = this.chunk.site(expression.line, operandName(expression.operand, this.info))
    return code(`len(${operand.text},${site})`)
  }

  #truth(value: Code): string {
    switch (value.type) {
      case 'boolean':
        return value.text
      case 'nil':
        return `(${value.text},false)`
      case 'number':
      case 'string':
      case 'function':
      case 'table':
        return `(${value.text},true)`
      case 'any': {
        if (isPlain(value)) return `(${value.text}!==undefined&&${value.text}!==false)`
        const name = this.temporary()
        return `((${name}=${value.text})!==undefined&&${name}!==false)`
      }
      default:
        return value.type satisfies never
    }
  }

  #isOwnVariable(expression: Expression): boolean {
    return expression.kind === 'local' && expression.variable.owner === this.info
  }

  #operand(left: Code, before: string[], isOwnVariable: boolean): string {
    return left.stable || isOwnVariable ? left.text : this.#store(left, before)
  }

  #store(value: Code, before: string[]): string {
    const name = this.temporary()
    before.push(`${name}=${value.text}`)
    return name
  }

  #operation(operator: BinaryOperator, left: Code, right: Code, site: () => string): string {
    const [a, b] = [left.text, right.text]
    if (operator === '==' || operator === '~=') {
      const identical = `${a}===${b}`
      const plain = [left.type, right.type].some((type) => type !== 'any' && type !== 'table')
      const equal = plain ? identical : `${identical}||${a} instanceof T&&eq(${a},${b})`
      return operator === '==' ? equal : `!(${equal})`
    }
    if (operator === '..') return this.#concatenation(left, right, site)
    const checks = [left, right].filter(({ type }) => type !== 'number').map(({ text }) => `typeof ${text}==='number'`)
    const direct = numeric(operator, a, b)
    return checks.length === 0 ? direct : `${checks.join('&&')}?${direct}:${HELPERS[operator]}(${a},${b},${site()})`
  }

  #concatenation(left: Code, right: Code, site: () => string): string {
    const checks = [left, right].filter(({ type }) => type !== 'string').map(({ text }) => `typeof ${text}==='string'`)
    const direct = `${left.text}+${right.text}`
    return checks.length === 0 ? direct : `${checks.join('&&')}?${direct}:concat(${left.text},${right.text},${site()})`
  }

  #resultType(operator: BinaryOperator, left: Code, right: Code): KnownType {
    switch (operator) {
      case '==':
      case '~=':
      case '<':
      case '<=':
      case '>':
      case '>=':
        return 'boolean'
      case '..':
        return left.type === 'string' && right.type === 'string' ? 'string' : 'any'
      default:
        return left.type === 'number' && right.type === 'number' ? 'number' : 'any'
    }
  }
}

/** A number as a literal of JavaScript. */
export const numberLiteral = (value: number): string => {
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '(-Infinity)'
  return value < 0 || Object.is(value, -0) ? `(-${-value})` : `${value}`
}

/** A string as code. */
export const stringCode = (value: string): Code => code(literal(value), 'string', true)

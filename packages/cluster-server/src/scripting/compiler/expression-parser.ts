import { power } from '../runtime/arithmetic.js'
import { Lexer, type Token } from './lexer.js'
import { Scope } from './scope.js'
import type { LuaSyntaxError } from './syntax-error.js'
import type { BinaryOperator, Expression, FunctionExpression, TableField } from './syntax-tree.js'

/** Binding strength to the left and to the right; `..` and `^` bind to the right. */
const PRIORITY: ReadonlyMap<string, readonly [left: number, right: number]> = new Map([
  ['or', [1, 1]],
  ['and', [2, 2]],
  ['<', [3, 3]],
  ['>', [3, 3]],
  ['<=', [3, 3]],
  ['>=', [3, 3]],
  ['~=', [3, 3]],
  ['==', [3, 3]],
  ['..', [5, 4]],
  ['+', [6, 6]],
  ['-', [6, 6]],
  ['*', [7, 7]],
  ['/', [7, 7]],
  ['%', [7, 7]],
  ['^', [10, 9]],
])
const UNARY_PRIORITY = 8
const MAX_LEVELS = 200

/** Lua computes operations on numbers while compiling, unless the result is not a number or a division by zero. */
const folded = (operator: string, left: Expression, right: Expression): Expression | undefined => {
  if (left.kind !== 'number' || right.kind !== 'number') return undefined
  const value = foldedValue(operator, left.value, right.value)
  return value === undefined || Number.isNaN(value) ? undefined : { kind: 'number', value }
}

const foldedValue = (operator: string, left: number, right: number): number | undefined => {
  switch (operator) {
    case '+':
      return left + right
    case '-':
      return left - right
    case '*':
      return left * right
    case '/':
      return right === 0 ? undefined : left / right
    case '%':
      return right === 0 ? undefined : left - Math.floor(left / right) * right
    case '^':
      return power(left, right)
    default:
      return undefined
  }
}

/** Reads expressions, by recursive descent as Lua's own parser does, so that its messages come out alike. */
export abstract class ExpressionParser {
  protected readonly scope = new Scope()
  protected token: Token
  /** Line of the token that was read last, which is the line of most run-time errors. */
  protected lastLine = 1
  readonly #lexer: Lexer
  #ahead: Token | undefined
  #levels = 0

  constructor(source: string, chunkName: string) {
    this.#lexer = new Lexer(source, chunkName)
    this.token = this.#lexer.next()
  }

  protected abstract functionBody(line: number, isMethod: boolean): FunctionExpression

  protected get line(): number {
    return this.#lexer.line
  }

  protected advance(): void {
    this.lastLine = this.#lexer.line
    this.token = this.#ahead ?? this.#lexer.next()
    this.#ahead = undefined
  }

  /** An error at the current token. */
  protected error(message: string): LuaSyntaxError {
    return this.#lexer.error(message, this.token.text)
  }

  /** An error without a token, for exceeded limits. */
  protected limitError(message: string): LuaSyntaxError {
    return this.#lexer.error(message)
  }

  protected at(type: string): boolean {
    return this.token.type === type
  }

  protected accept(type: string): boolean {
    if (!this.at(type)) return false
    this.advance()
    return true
  }

  protected expect(type: string): void {
    if (!this.accept(type)) throw this.error(`'${type}' expected`)
  }

  /** Expects the end of something that `opener` began on `line`. */
  protected expectMatch(type: string, opener: string, line: number): void {
    if (this.accept(type)) return
    if (line === this.line) throw this.error(`'${type}' expected`)
    throw this.error(`'${type}' expected (to close '${opener}' at line ${line})`)
  }

  protected name(): string {
    const { value } = this.token
    this.expect('<name>')
    return value
  }

  /** Runs a step that nests, up to Lua's limit. */
  protected nested<T>(step: () => T): T {
    if (++this.#levels > MAX_LEVELS) throw this.limitError('chunk has too many syntax levels')
    const result = step()
    this.#levels--
    return result
  }

  protected expression(): Expression {
    return this.#binary(0)
  }

  protected expressionList(): Expression[] {
    const list = [this.expression()]
    while (this.accept(',')) list.push(this.expression())
    return list
  }

  /** A variable, a call, or anything that starts like one. */
  protected prefixed(): Expression {
    let expression = this.#primary()
    for (;;) {
      switch (this.token.type) {
        case '.': {
          this.advance()
          const key: Expression = { kind: 'string', value: this.name() }
          expression = { kind: 'index', object: expression, key, line: this.lastLine }
          break
        }
        case '[': {
          this.advance()
          const key = this.expression()
          this.expect(']')
          expression = { kind: 'index', object: expression, key, line: this.lastLine }
          break
        }
        case ':': {
          this.advance()
          const name = this.name()
          const nameLine = this.lastLine
          const { args, line } = this.#arguments()
          expression = { kind: 'methodCall', object: expression, name, args, line, nameLine }
          break
        }
        case '(':
        case '<string>':
        case '{': {
          const { args, line } = this.#arguments()
          expression = { kind: 'call', callee: expression, args, line }
          break
        }
        default:
          return expression
      }
    }
  }

  #primary(): Expression {
    if (this.token.type === '(') {
      const { line } = this
      this.advance()
      const inner = this.expression()
      this.expectMatch(')', '(', line)
      return { kind: 'parenthesised', inner }
    }
    if (this.token.type !== '<name>') throw this.error('unexpected symbol')
    const name = this.name()
    const variable = this.scope.resolve(name)
    if (typeof variable === 'string') throw this.limitError(variable)
    return variable === undefined ? { kind: 'global', name, line: this.lastLine } : { kind: 'local', variable }
  }

  #arguments(): { args: Expression[]; line: number } {
    const { line } = this
    this.scope.info.hasCall = true
    if (this.at('<string>')) {
      const value: Expression = { kind: 'string', value: this.token.value }
      this.advance()
      return { args: [value], line }
    }
    if (this.at('{')) return { args: [this.#table()], line }
    if (!this.at('(')) throw this.error('function arguments expected')
    if (line !== this.lastLine) throw this.error('ambiguous syntax (function call x new statement)')
    this.advance()
    const args = this.at(')') ? [] : this.expressionList()
    this.expectMatch(')', '(', line)
    return { args, line }
  }

  #binary(limit: number): Expression {
    return this.nested(() => {
      let left = this.#unary()
      for (;;) {
        const operator = this.token.type
        const priority = PRIORITY.get(operator)
        if (priority === undefined || priority[0] <= limit) return left
        this.advance()
        const right = this.#binary(priority[1])
        left =
          operator === 'and' || operator === 'or'
            ? { kind: operator, left, right }
            : (folded(operator, left, right) ?? {
                kind: 'binary',
                operator: operator as BinaryOperator,
                left,
                right,
                line: this.lastLine,
              })
      }
    })
  }

  #unary(): Expression {
    const operator = this.token.type
    if (operator !== 'not' && operator !== '-' && operator !== '#') return this.#simple()
    this.advance()
    const operand = this.#binary(UNARY_PRIORITY)
    if (operator === 'not') return { kind: 'not', operand }
    if (operator === '-' && operand.kind === 'number') return { kind: 'number', value: -operand.value }
    return { kind: operator === '-' ? 'negate' : 'length', operand, line: this.lastLine }
  }

  #simple(): Expression {
    const { type, number, value } = this.token
    switch (type) {
      case '<number>':
        this.advance()
        return { kind: 'number', value: number }
      case '<string>':
        this.advance()
        return { kind: 'string', value }
      case 'nil':
      case 'true':
      case 'false':
        this.advance()
        return { kind: type }
      case '...':
        if (!this.scope.info.isVararg) throw this.error("cannot use '...' outside a vararg function")
        this.scope.info.usesVararg = true
        this.advance()
        return { kind: 'vararg' }
      case '{':
        return this.#table()
      case 'function': {
        const { line } = this
        this.advance()
        return this.functionBody(line, false)
      }
      default:
        return this.prefixed()
    }
  }

  #table(): Expression {
    const { line } = this
    const fields: TableField[] = []
    this.expect('{')
    while (this.token.type !== '}') {
      fields.push(this.#field())
      if (!this.accept(',') && !this.accept(';')) break
    }
    this.expectMatch('}', '{', line)
    return { kind: 'table', fields, line: this.lastLine }
  }

  #field(): TableField {
    if (this.token.type === '[') {
      this.advance()
      const key = this.expression()
      this.expect(']')
      this.expect('=')
      return { kind: 'field', key, value: this.expression() }
    }
    if (this.token.type === '<name>') {
      this.#ahead ??= this.#lexer.next()
      if (this.#ahead.type === '=') {
        const key: Expression = { kind: 'string', value: this.name() }
        this.expect('=')
        return { kind: 'field', key, value: this.expression() }
      }
    }
    return { kind: 'item', value: this.expression() }
  }
}

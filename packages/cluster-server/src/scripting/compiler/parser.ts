import { ExpressionParser } from './expression-parser.js'
import type { Expression, FunctionExpression, LineMark, Statement, Target, Variable } from './syntax-tree.js'

type VisibleNames = Pick<LineMark, 'own' | 'outer'>

const NOTHING_VISIBLE: VisibleNames = { own: [], outer: [] }

/**
 * Reads a chunk of Lua 5.1. `chunkName` is what messages call it, for instance `user_script`; with `marksLines` a debugger
 * can stop at its lines.
 * @throws LuaSyntaxError with the text that Lua itself would give.
 */
export const parseChunk = (source: string, chunkName: string, marksLines = false): FunctionExpression =>
  new StatementParser(source, chunkName, marksLines).chunk()

class StatementParser extends ExpressionParser {
  readonly #marksLines: boolean

  constructor(source: string, chunkName: string, marksLines: boolean) {
    super(source, chunkName)
    this.#marksLines = marksLines
  }

  chunk(): FunctionExpression {
    const { info } = this.scope
    const body = this.#functionBlock()
    if (this.token.type !== '<eof>') throw this.error("'<eof>' expected")
    return { kind: 'function', info, parameters: [], body }
  }

  protected functionBody(line: number, isMethod: boolean): FunctionExpression {
    const info = this.scope.enterFunction(line)
    const parameters: Variable[] = isMethod ? [this.scope.create('self')] : []
    this.expect('(')
    if (this.token.type !== ')') {
      do {
        if (this.token.type === '<name>') parameters.push(this.scope.create(this.name()))
        else if (this.accept('...')) {
          info.isVararg = true
          info.argVariable = this.scope.create('arg')
        } else throw this.error("<name> or '...' expected")
      } while (!info.isVararg && this.accept(','))
    }
    this.#declare(...parameters)
    if (info.argVariable !== undefined) this.#declare(info.argVariable)
    this.expect(')')
    const body = this.#functionBlock()
    this.expectMatch('end', 'function', line)
    this.scope.leaveFunction()
    return { kind: 'function', info, parameters, body }
  }

  #declare(...variables: readonly Variable[]): void {
    const exceeded = this.scope.declare(...variables)
    if (exceeded !== undefined) throw this.limitError(exceeded)
  }

  #atBlockEnd(): boolean {
    return ['else', 'elseif', 'end', '<eof>', 'until'].includes(this.token.type)
  }

  /** The body of a function, in which a debugger stops at the first line in any case. */
  #functionBlock(): Statement[] {
    const mark = this.scope.open()
    const body = [
      ...this.#mark(0),
      ...this.#statements(),
      ...this.#mark(this.token.type === 'end' ? this.line : this.lastLine),
    ]
    const last = body.at(-1)
    // What follows a `return` is never reached.
    if (last?.kind === 'line' && body.at(-2)?.kind === 'return') body.pop()
    this.scope.close(mark)
    return body
  }

  /** What a mark shows, if there are any. */
  #visible(): VisibleNames {
    return this.#marksLines ? this.scope.visible() : NOTHING_VISIBLE
  }

  #mark(line: number, visible = this.#visible()): readonly Statement[] {
    return this.#marksLines ? [{ kind: 'line', line, ...visible }] : []
  }

  #block(): Statement[] {
    const mark = this.scope.open()
    const statements = this.#statements()
    this.scope.close(mark)
    return statements
  }

  /** The statements of a block, whose variables stay visible: `until` still sees them. */
  #statements(): Statement[] {
    return this.nested(() => {
      const statements: Statement[] = []
      while (!this.#atBlockEnd()) {
        const { line } = this
        const visible = this.#visible()
        const statement = this.#statement()
        // Lua has no code for the beginning of a block, and that of a function is at its end.
        const isMarked = statement.kind !== 'do' && statement.kind !== 'repeat'
        if (isMarked) statements.push(...this.#mark(statement.kind === 'localFunction' ? this.lastLine : line, visible))
        statements.push(statement)
        this.accept(';')
        if (statement.kind === 'return' || statement.kind === 'break') break
      }
      return statements
    })
  }

  /** A debugger stops at the head of a `while` before each iteration, and at that of a `for` behind each one. */
  #loopBody(kind: 'while' | 'for', line: number): Statement[] {
    this.scope.enterLoop()
    const scope = this.scope.open()
    const start = kind === 'while' ? [] : this.#mark(0)
    const statements = this.#statements()
    const last = statements.at(-1)?.kind
    const isLeft = last === 'return' || last === 'break'
    const end = isLeft ? [] : [...(kind === 'while' ? this.#mark(0) : []), ...this.#mark(line)]
    this.scope.close(scope)
    this.scope.leaveLoop()
    return [...start, ...statements, ...end]
  }

  #statement(): Statement {
    const { line } = this
    switch (this.token.type) {
      case 'if':
        return this.#if(line)
      case 'while': {
        this.advance()
        const condition = this.expression()
        this.expect('do')
        const body = this.#loopBody('while', line)
        this.expectMatch('end', 'while', line)
        return { kind: 'while', condition, body, line }
      }
      case 'do': {
        this.advance()
        const body = this.#block()
        this.expectMatch('end', 'do', line)
        return { kind: 'do', body }
      }
      case 'for':
        return this.#for(line)
      case 'repeat':
        return this.#repeat(line)
      case 'function':
        return this.#function(line)
      case 'local':
        this.advance()
        return this.accept('function') ? this.#localFunction() : this.#local()
      case 'return': {
        this.advance()
        return { kind: 'return', values: this.#atBlockEnd() || this.at(';') ? [] : this.expressionList() }
      }
      case 'break':
        this.advance()
        if (!this.scope.inLoop) throw this.error('no loop to break')
        return { kind: 'break' }
      default:
        return this.#expressionStatement()
    }
  }

  #if(line: number): Statement {
    const branches: { condition: Expression; body: Statement[] }[] = []
    do {
      this.advance()
      const condition = this.expression()
      this.expect('then')
      branches.push({ condition, body: this.#block() })
    } while (this.token.type === 'elseif')
    const otherwise = this.accept('else') ? this.#block() : undefined
    this.expectMatch('end', 'if', line)
    return { kind: 'if', branches, otherwise }
  }

  #repeat(line: number): Statement {
    this.advance()
    const mark = this.scope.open()
    this.scope.enterLoop()
    const body = this.#statements()
    const last = body.at(-1)?.kind
    if (last !== 'return' && last !== 'break') body.push(...this.#mark(this.line), ...this.#mark(0))
    this.expectMatch('until', 'repeat', line)
    const condition = this.expression()
    this.scope.leaveLoop()
    this.scope.close(mark)
    return { kind: 'repeat', condition, body, line }
  }

  #for(line: number): Statement {
    this.advance()
    const mark = this.scope.open()
    const name = this.name()
    if (this.token.type !== '=' && this.token.type !== ',' && this.token.type !== 'in') {
      throw this.error("'=' or 'in' expected")
    }
    const statement = this.token.type === '=' ? this.#numericFor(name) : this.#genericFor(name, line)
    this.expectMatch('end', 'for', line)
    this.scope.close(mark)
    return statement
  }

  #numericFor(name: string): Statement {
    this.advance()
    const start = this.expression()
    this.expect(',')
    const limit = this.expression()
    const step = this.accept(',') ? this.expression() : undefined
    this.expect('do')
    const line = this.lastLine
    const variable = this.scope.create(name)
    this.#declare(variable)
    return { kind: 'numericFor', variable, start, limit, step, body: this.#loopBody('for', line), line }
  }

  #genericFor(name: string, line: number): Statement {
    const names = [name]
    while (this.accept(',')) names.push(this.name())
    this.expect('in')
    const values = this.expressionList()
    this.expect('do')
    this.scope.info.hasCall = true
    const variables = names.map((each) => this.scope.create(each))
    this.#declare(...variables)
    return { kind: 'genericFor', variables, values, body: this.#loopBody('for', line), line }
  }

  #local(): Statement {
    const names = [this.name()]
    while (this.accept(',')) names.push(this.name())
    const values = this.accept('=') ? this.expressionList() : []
    const variables = names.map((each) => this.scope.create(each))
    this.#declare(...variables)
    return { kind: 'local', variables, values }
  }

  #localFunction(): Statement {
    const variable = this.scope.create(this.name(), true)
    this.#declare(variable)
    return { kind: 'localFunction', variable, value: this.functionBody(this.line, false) }
  }

  /** `function a.b.c:m() … end` is an assignment. */
  #function(line: number): Statement {
    this.advance()
    const name = this.name()
    let target = this.#variable(name)
    let isMethod = false
    while (!isMethod && (this.token.type === '.' || this.token.type === ':')) {
      isMethod = this.token.type === ':'
      this.advance()
      const key: Expression = { kind: 'string', value: this.name() }
      target = { kind: 'index', object: target, key, line: this.lastLine }
    }
    const value = this.functionBody(line, isMethod)
    if (target.kind === 'local') target.variable.reassigned = true
    return { kind: 'assign', targets: [target], values: [value], line }
  }

  #variable(name: string): Target {
    const variable = this.scope.resolve(name)
    if (typeof variable === 'string') throw this.limitError(variable)
    return variable === undefined ? { kind: 'global', name, line: this.lastLine } : { kind: 'local', variable }
  }

  #expressionStatement(): Statement {
    const expression = this.prefixed()
    if (expression.kind === 'call' || expression.kind === 'methodCall')
      return { kind: 'callStatement', call: expression }
    const targets = [this.#target(expression)]
    while (this.accept(',')) targets.push(this.#target(this.prefixed()))
    this.expect('=')
    const values = this.expressionList()
    for (const target of targets) if (target.kind === 'local') target.variable.reassigned = true
    return { kind: 'assign', targets, values, line: this.lastLine }
  }

  #target(expression: Expression): Target {
    if (expression.kind === 'local' || expression.kind === 'global' || expression.kind === 'index') return expression
    throw this.error('syntax error')
  }
}

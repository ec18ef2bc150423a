import type { FunctionInfo, Variable } from './syntax-tree.js'

/** Lua's limits of one function. */
const MAX_LOCALS = 200
const MAX_UPVALUES = 60

/** The function whose body is being read. */
interface OpenFunction {
  readonly info: FunctionInfo
  readonly outer: OpenFunction | undefined
  readonly active: Variable[]
  /** Loops that a `break` can leave. */
  loops: number
}

/** Resolves names to variables while the parser reads the source from top to bottom. */
export class Scope {
  #function: OpenFunction
  #variables = 0

  constructor() {
    this.#function = { info: newInfo(undefined, 0), outer: undefined, active: [], loops: 0 }
    this.#function.info.isVararg = true
  }

  get info(): FunctionInfo {
    return this.#function.info
  }

  get inLoop(): boolean {
    return this.#function.loops > 0
  }

  enterFunction(line: number): FunctionInfo {
    const info = newInfo(this.#function.info, line)
    this.#function = { info, outer: this.#function, active: [], loops: 0 }
    return info
  }

  leaveFunction(): void {
    if (this.#function.outer !== undefined) this.#function = this.#function.outer
  }

  enterLoop(): void {
    this.#function.info.hasLoop = true
    this.#function.loops++
  }

  leaveLoop(): void {
    this.#function.loops--
  }

  /** Remembers which variables are visible, for `close`. */
  open(): number {
    return this.#function.active.length
  }

  close(mark: number): void {
    this.#function.active.length = mark
  }

  /** The variables that are visible now: of this function, and of those around it from the inside to the outside. */
  visible(): { readonly own: readonly Variable[]; readonly outer: readonly Variable[] } {
    const outer: Variable[] = []
    for (let at = this.#function.outer; at !== undefined; at = at.outer) outer.push(...at.active)
    return { own: [...this.#function.active], outer }
  }

  /** Makes a variable that is not visible before `declare`. */
  create(name: string, isFunction = false): Variable {
    const owner = this.#function.info
    owner.variableCount++
    return { name, id: ++this.#variables, owner, captured: false, reassigned: false, isFunction }
  }

  /** Makes variables visible; answers the limit that is exceeded, in Lua's words. */
  declare(...variables: readonly Variable[]): string | undefined {
    const { active, info } = this.#function
    active.push(...variables)
    return active.length > MAX_LOCALS ? limitMessage(info, MAX_LOCALS, 'local variables') : undefined
  }

  /** The variable of that name, or undefined for a global; a text is the limit that is exceeded. */
  resolve(name: string): Variable | string | undefined {
    for (let at: OpenFunction | undefined = this.#function; at !== undefined; at = at.outer) {
      for (let i = at.active.length - 1; i >= 0; i--) {
        const variable = at.active[i]
        if (variable?.name === name) return at === this.#function ? variable : this.#capture(variable)
      }
    }
    return undefined
  }

  #capture(variable: Variable): Variable | string {
    variable.captured = true
    for (
      let at: OpenFunction | undefined = this.#function;
      at !== undefined && at.info !== variable.owner;
      at = at.outer
    ) {
      at.info.upvalues.add(variable)
      if (at.info.upvalues.size > MAX_UPVALUES) return limitMessage(at.info, MAX_UPVALUES, 'upvalues')
    }
    return variable
  }
}

const newInfo = (parent: FunctionInfo | undefined, line: number): FunctionInfo => ({
  parent,
  line,
  isVararg: false,
  usesVararg: false,
  argVariable: undefined,
  hasLoop: false,
  hasCall: false,
  variableCount: 0,
  upvalues: new Set(),
})

const limitMessage = (info: FunctionInfo, limit: number, what: string): string =>
  `${info.parent === undefined ? 'main function' : `function at line ${info.line}`} has more than ${limit} ${what}`

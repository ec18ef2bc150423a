/** A local variable or parameter; the parser resolves every name, so that later steps compare variables by identity. */
export interface Variable {
  readonly name: string
  /** Unique in the chunk. */
  readonly id: number
  readonly owner: FunctionInfo
  /** A function inside the owner uses it. */
  captured: boolean
  /** Something assigns to it after its declaration. */
  reassigned: boolean
  /** Declared by `local function`: its first value is that function. */
  readonly isFunction: boolean
}

/** What is known of a function when its body has been read. */
export interface FunctionInfo {
  readonly parent: FunctionInfo | undefined
  /** Line of the keyword; 0 for the chunk itself. */
  readonly line: number
  isVararg: boolean
  usesVararg: boolean
  /** The table `arg` of a vararg function that does not use `...`, as in Lua 5.0. */
  argVariable: Variable | undefined
  hasLoop: boolean
  hasCall: boolean
  variableCount: number
  readonly upvalues: Set<Variable>
}

export type BinaryOperator = '+' | '-' | '*' | '/' | '%' | '^' | '..' | '==' | '~=' | '<' | '<=' | '>' | '>='

export type TableField =
  | { readonly kind: 'item'; readonly value: Expression }
  | { readonly kind: 'field'; readonly key: Expression; readonly value: Expression }

export interface FunctionExpression {
  readonly kind: 'function'
  readonly info: FunctionInfo
  readonly parameters: readonly Variable[]
  readonly body: readonly Statement[]
}

export interface CallExpression {
  readonly kind: 'call'
  readonly callee: Expression
  readonly args: readonly Expression[]
  readonly line: number
}

export interface MethodCallExpression {
  readonly kind: 'methodCall'
  readonly object: Expression
  readonly name: string
  readonly args: readonly Expression[]
  readonly line: number
  readonly nameLine: number
}

export interface IndexExpression {
  readonly kind: 'index'
  readonly object: Expression
  readonly key: Expression
  readonly line: number
}

export interface LocalExpression {
  readonly kind: 'local'
  readonly variable: Variable
}

export interface GlobalExpression {
  readonly kind: 'global'
  readonly name: string
  readonly line: number
}

export type Expression =
  | { readonly kind: 'nil' | 'true' | 'false' | 'vararg' }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'table'; readonly fields: readonly TableField[]; readonly line: number }
  | {
      readonly kind: 'binary'
      readonly operator: BinaryOperator
      readonly left: Expression
      readonly right: Expression
      readonly line: number
    }
  | { readonly kind: 'and' | 'or'; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'not'; readonly operand: Expression }
  | { readonly kind: 'negate' | 'length'; readonly operand: Expression; readonly line: number }
  /** Parentheses around a call or `...` cut it to one value. */
  | { readonly kind: 'parenthesised'; readonly inner: Expression }
  | FunctionExpression
  | CallExpression
  | MethodCallExpression
  | IndexExpression
  | LocalExpression
  | GlobalExpression

export type Target = LocalExpression | GlobalExpression | IndexExpression

/** A place at which a debugger may stop. */
export interface LineMark {
  readonly kind: 'line'
  /** 0: the line that comes next stops again, though it may be the same one. */
  readonly line: number
  readonly own: readonly Variable[]
  /** Variables of the functions around. */
  readonly outer: readonly Variable[]
}

export type Statement =
  | LineMark
  | { readonly kind: 'break' }
  | { readonly kind: 'return'; readonly values: readonly Expression[] }
  | {
      readonly kind: 'if'
      readonly branches: readonly { readonly condition: Expression; readonly body: readonly Statement[] }[]
      readonly otherwise: readonly Statement[] | undefined
    }
  | {
      readonly kind: 'while'
      readonly condition: Expression
      readonly body: readonly Statement[]
      readonly line: number
    }
  /** The condition sees the variables of the body. */
  | {
      readonly kind: 'repeat'
      readonly condition: Expression
      readonly body: readonly Statement[]
      readonly line: number
    }
  | { readonly kind: 'do'; readonly body: readonly Statement[] }
  | { readonly kind: 'local'; readonly variables: readonly Variable[]; readonly values: readonly Expression[] }
  | { readonly kind: 'localFunction'; readonly variable: Variable; readonly value: FunctionExpression }
  | {
      readonly kind: 'assign'
      readonly targets: readonly Target[]
      readonly values: readonly Expression[]
      readonly line: number
    }
  | { readonly kind: 'callStatement'; readonly call: CallExpression | MethodCallExpression }
  | {
      readonly kind: 'numericFor'
      readonly variable: Variable
      readonly start: Expression
      readonly limit: Expression
      readonly step: Expression | undefined
      readonly body: readonly Statement[]
      readonly line: number
    }
  | {
      readonly kind: 'genericFor'
      readonly variables: readonly Variable[]
      readonly values: readonly Expression[]
      readonly body: readonly Statement[]
      readonly line: number
    }

/** Whether an expression can have any number of values when it is the last of a list. */
export const isMultiple = (expression: Expression | undefined): boolean =>
  expression !== undefined &&
  (expression.kind === 'call' || expression.kind === 'methodCall' || expression.kind === 'vararg')

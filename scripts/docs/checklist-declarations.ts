import { type Argument, type CallExpression, type Expression, type Node, parseSync } from '@swc/core'
import type { DefectId } from '../../tests/checklist/support/facts.js'

/** An item of the acceptance list, as a test declares it. */
export interface DeclaredItem {
  readonly id: string
  readonly promise: string
  readonly verdict: 'same' | 'mended' | 'left out'
  readonly why?: string
  readonly defects?: readonly DefectId[]
  /** Repositories on which it is tested; null: it needs none. */
  readonly repositories: readonly string[] | null
}

/** A test that a defect does not happen. */
export interface DeclaredDefect {
  readonly id: string
  readonly repositories: readonly string[] | null
}

/** What one test file declares. */
export interface Declarations {
  readonly items: readonly DeclaredItem[]
  readonly defects: readonly DeclaredDefect[]
}

const allRepositories = ['array', 'redis', 'cluster', 'indexed']

/**
 * Reads the calls `item(id, facts, …)` and `defect(id, facts, …)` inside `describeItems` and `describePlainItems` from the
 * source of a test. Ids and facts are literals. Throws an `Error` with the place where they are not.
 */
export function readDeclarations(file: string, source: string): Declarations {
  const items: DeclaredItem[] = []
  const defects: DeclaredDefect[] = []
  const visit = (node: unknown, scope: 'describeItems' | 'describePlainItems' | null): void => {
    if (typeof node !== 'object' || node === null) return
    if (Array.isArray(node)) {
      for (const one of node) visit(one, scope)
      return
    }
    const call = isCall(node) ? node : null
    const name = call?.callee.type === 'Identifier' ? call.callee.value : null
    const inner = name === 'describeItems' || name === 'describePlainItems' ? name : scope
    if (call !== null && scope !== null && (name === 'item' || name === 'defect')) {
      const [id, facts] = call.arguments.slice(0, 2).map((argument) => literal(file, argument))
      const { on, ...others } = facts as { on?: readonly string[] } & Omit<DeclaredItem, 'id' | 'repositories'>
      const everywhere = scope === 'describePlainItems' ? null : allRepositories
      const repositories = on === undefined ? everywhere : allRepositories.filter((one) => on.includes(one))
      if (name === 'item') items.push({ ...others, id: String(id), repositories })
      else defects.push({ id: String(id), repositories })
    }
    for (const value of Object.values(node)) visit(value, inner)
  }
  visit(parseSync(source, { syntax: 'typescript', decorators: true, target: 'es2022' }).body, null)
  return { items, defects }
}

function isCall(node: object): node is CallExpression {
  return 'type' in node && node.type === 'CallExpression'
}

/** The value of a literal of texts, lists and objects. */
function literal(file: string, { expression }: Argument): unknown {
  const read = (node: Expression): unknown => {
    switch (node.type) {
      case 'StringLiteral':
        return node.value
      case 'TemplateLiteral':
        if (node.quasis.length === 1) return node.quasis[0]?.cooked
        break
      case 'ParenthesisExpression':
        return read(node.expression)
      case 'BinaryExpression':
        if (node.operator === '+') return `${read(node.left)}${read(node.right)}`
        break
      case 'ArrayExpression':
        return node.elements.map((element) => (element === undefined ? undefined : read(element.expression)))
      case 'ObjectExpression':
        return Object.fromEntries(
          node.properties.map((property) => {
            if (property.type !== 'KeyValueProperty' || property.key.type !== 'Identifier') throw notLiteral(file, node)
            return [property.key.value, read(property.value)]
          }),
        )
    }
    throw notLiteral(file, node)
  }
  return read(expression)
}

function notLiteral(file: string, node: Node): Error {
  return new Error(`${file}: an item has a ${node.type} where a literal is needed; the table is made of literals.`)
}

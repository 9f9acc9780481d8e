/** Defects in what is done: a statement left out, a callback that does nothing, the wrong end of a list, no waiting. */
import { isCall, isMember, nameOf, nodeIn, nodesIn, textOf } from '../syntax.ts'
import type { Operator } from './types.ts'

const acting: ReadonlySet<string> = new Set([
  'CallExpression',
  'OptionalCallExpression',
  'AwaitExpression',
  'AssignmentExpression',
  'UpdateExpression',
])

export const removeStatement: Operator = ({ node, parents }) => {
  if (node.type !== 'ExpressionStatement') return []
  const expression = nodeIn(node, 'expression')
  const isAct =
    expression !== undefined &&
    (acting.has(expression.type) ||
      (expression.type === 'UnaryExpression' && expression['operator'] !== '!'))
  // Without it a constructor does not run at all.
  const isSuper = isCall(expression) && nodeIn(expression, 'callee')?.type === 'Super'
  const isInConstructor = parents.at(-2)?.['kind'] === 'constructor'
  return isAct && !isSuper && !isInConstructor
    ? [{ operator: 'statement-removed', to: undefined }]
    : []
}

/** `() => this.#wake()` is called, and nothing happens. */
export const emptyCallback: Operator = ({ node, field, parents }) => {
  const callback = parents.at(-1)
  const holder = parents.at(-2)
  if (field !== 'body' || callback?.type !== 'ArrowFunctionExpression' || !isCall(node)) return []
  const isPassed = holder !== undefined && nodesIn(holder, 'arguments').includes(callback)
  return isPassed ? [{ operator: 'callback-emptied', to: 'undefined' }] : []
}

const methods: ReadonlyMap<unknown, string> = new Map([
  ['shift', 'pop'],
  ['pop', 'shift'],
  ['push', 'unshift'],
  ['unshift', 'push'],
  ['find', 'findLast'],
  ['findLast', 'find'],
  ['findIndex', 'findLastIndex'],
  ['some', 'every'],
  ['every', 'some'],
  ['startsWith', 'endsWith'],
])
/** What comes out is what went in. */
const leavable: ReadonlySet<unknown> = new Set(['filter', 'slice', 'toSorted', 'trim'])

export const swapMethod: Operator = (site) => {
  const { node, source } = site
  const callee = nodeIn(node, 'callee')
  const property = nodeIn(callee, 'property')
  const object = nodeIn(callee, 'object')
  if (!isCall(node) || !isMember(callee) || isInsideChain(site)) return []
  if (property === undefined || object === undefined) return []
  const name = nameOf(property)
  const other = methods.get(name)
  if (other !== undefined) {
    const before = source.slice(node.start, property.start)
    return [{ operator: 'method', to: before + other + source.slice(property.end, node.end) }]
  }
  if (!leavable.has(name)) return []
  return [{ operator: 'step-left-out', to: textOf({ node: object, source }) }]
}

export const reverseOrder: Operator = (site) => {
  const { node, source } = site
  const name = nameOf(nodeIn(nodeIn(node, 'callee'), 'property'))
  if (!isCall(node) || isInsideChain(site) || name !== 'toSorted') return []
  return [{ operator: 'order-reversed', to: `${textOf({ node, source })}.toReversed()` }]
}

/** Goes on without waiting, where nobody takes what is waited for. */
export const dropAwait: Operator = ({ node, parents, source }) => {
  const inner = nodeIn(node, 'argument')
  const isStatement = parents.at(-1)?.type === 'ExpressionStatement'
  if (node.type !== 'AwaitExpression' || !isStatement || inner === undefined) return []
  return [{ operator: 'await-dropped', to: textOf({ node: inner, source }) }]
}

/** A part of `a?.b.c` cannot be put into parentheses: what is missing would not end the whole any more. */
function isInsideChain({ node, parents, field }: Parameters<Operator>[0]): boolean {
  const isLink = field === 'object' || field === 'callee'
  return node.type.startsWith('Optional') && isLink && parents.at(-1)!.type.startsWith('Optional')
}

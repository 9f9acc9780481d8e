/** Defects in what is computed: numbers, signs of arithmetic, truth values, the smaller for the larger. */
import { isCall, nodeIn, pathOf, textOf, type SyntaxNode } from '../syntax.ts'
import type { Change, Operator } from './types.ts'

const signs: ReadonlyMap<unknown, string> = new Map([
  ['+', '-'],
  ['-', '+'],
  ['*', '/'],
  ['/', '*'],
  ['%', '*'],
  ['+=', '-='],
  ['-=', '+='],
])

export const swapArithmetic: Operator = ({ node, source }) => {
  const sign = signs.get(node['operator'])
  const [left, right] = [nodeIn(node, 'left'), nodeIn(node, 'right')]
  if (sign === undefined || left === undefined || right === undefined) return []
  if (isText(left) || isText(right)) return []
  const [leftText, rightText] = [left, right].map((side) => textOf({ node: side, source }))
  const to = sign.endsWith('=')
    ? `${leftText} ${sign} ${rightText}`
    : `(${leftText}) ${sign} (${rightText})`
  return [{ operator: 'arithmetic', to }]
}

export const swapUpdate: Operator = ({ node, source }) => {
  const inner = nodeIn(node, 'argument')
  if (node.type !== 'UpdateExpression' || inner === undefined) return []
  const sign = node['operator'] === '++' ? '--' : '++'
  const text = textOf({ node: inner, source })
  return [{ operator: 'arithmetic', to: node['prefix'] === true ? sign + text : text + sign }]
}

export const dropMinus: Operator = ({ node, source }) => {
  const inner = nodeIn(node, 'argument')
  if (node.type !== 'UnaryExpression' || node['operator'] !== '-' || inner === undefined) return []
  return [{ operator: 'minus-dropped', to: textOf({ node: inner, source }) }]
}

/** Small numbers are off by one, large ones doubled and halved. */
export const changeNumber: Operator = ({ node, field, parents }) => {
  if (node.type !== 'NumericLiteral' || isKey(field, parents.at(-1))) return []
  const value = Number(node['value'])
  if (value === 0) return [number(1)]
  if (value === 1) return [number(0), number(2)]
  return Number.isInteger(value) && value < 10
    ? [number(value - 1), number(value + 1)]
    : [number(value / 2), number(value * 2)]
}

export const flipBoolean: Operator = ({ node }) =>
  node.type === 'BooleanLiteral'
    ? [{ operator: 'boolean', to: String(node['value'] !== true) }]
    : []

const functions: ReadonlyMap<unknown, string> = new Map([
  ['max', 'min'],
  ['min', 'max'],
  ['ceil', 'floor'],
  ['floor', 'ceil'],
  ['round', 'floor'],
])

export const swapMath: Operator = ({ node, source }) => {
  const callee = nodeIn(node, 'callee')
  const [object, name] = pathOf(callee)
  const other = functions.get(name)
  if (!isCall(node) || object !== 'Math' || other === undefined || callee === undefined) return []
  return [{ operator: 'math', to: `Math.${other}${source.slice(callee.end, node.end)}` }]
}

function number(value: number): Change {
  return { operator: 'number', to: String(value) }
}

function isKey(field: string, parent: SyntaxNode | undefined): boolean {
  return field === 'key' && parent?.['computed'] !== true
}

function isText({ type }: SyntaxNode): boolean {
  return type === 'StringLiteral' || type === 'TemplateLiteral'
}

/** Defects in what is decided: conditions that are always or never true, boundaries off by one, joints swapped. */
import { nodeIn, textOf } from '../syntax.ts'
import type { Operator } from './types.ts'

const deciding: ReadonlySet<string> = new Set([
  'IfStatement',
  'ConditionalExpression',
  'WhileStatement',
  'DoWhileStatement',
  'ForStatement',
])

/** A branch is always taken, or never. A loop is only left out: without an end it says nothing. */
export const forceCondition: Operator = ({ field, parents }) => {
  const parent = parents.at(-1)
  if (field !== 'test' || parent === undefined || !deciding.has(parent.type)) return []
  const never = { operator: 'condition-false', to: 'false' }
  const isBranch = parent.type === 'IfStatement' || parent.type === 'ConditionalExpression'
  return isBranch ? [never, { operator: 'condition-true', to: 'true' }] : [never]
}

const boundaries: ReadonlyMap<unknown, string> = new Map([
  ['<', '<='],
  ['<=', '<'],
  ['>', '>='],
  ['>=', '>'],
])
const equalities: ReadonlyMap<unknown, string> = new Map([
  ['===', '!=='],
  ['!==', '==='],
])

export const shiftBoundary: Operator = (site) => swapSign(site, boundaries, 'boundary')

/** Not where it is all of a condition, which being forced says more of. */
export const flipEquality: Operator = (site) =>
  site.field === 'test' ? [] : swapSign(site, equalities, 'equality')

const joints: ReadonlyMap<unknown, string> = new Map([
  ['&&', '||'],
  ['||', '&&'],
])

export const swapJoint: Operator = (site) =>
  site.node.type === 'LogicalExpression' ? swapSign(site, joints, 'and-or') : []

/** Without the default: what is missing stays missing. */
export const dropDefault: Operator = (site) => {
  const { node, source } = site
  if (node.type === 'LogicalExpression' && node['operator'] === '??') {
    const left = nodeIn(node, 'left')
    return left === undefined
      ? []
      : [{ operator: 'default-dropped', to: textOf({ node: left, source }) }]
  }
  const isDefault = site.field === 'right' && site.parents.at(-1)?.type === 'AssignmentPattern'
  return isDefault ? [{ operator: 'default-dropped', to: 'undefined' }] : []
}

export const dropNot: Operator = ({ node, source }) => {
  const inner = nodeIn(node, 'argument')
  if (node.type !== 'UnaryExpression' || node['operator'] !== '!' || inner === undefined) return []
  return [{ operator: 'not-dropped', to: textOf({ node: inner, source }) }]
}

/** The same operands around another sign. */
function swapSign(
  { node, source }: Parameters<Operator>[0],
  signs: ReadonlyMap<unknown, string>,
  operator: string,
): ReturnType<Operator> {
  const sign = signs.get(node['operator'])
  const [left, right] = [nodeIn(node, 'left'), nodeIn(node, 'right')]
  if (sign === undefined || left === undefined || right === undefined) return []
  const [leftText, rightText] = [left, right].map((side) => textOf({ node: side, source }))
  return [{ operator, to: `(${leftText}) ${sign} (${rightText})` }]
}

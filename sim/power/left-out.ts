/**
 * What no defect is planted in, by rule, and why. The rules name kinds of code, never single mutants: of one, a
 * committed reason says why its mutants survive (survivors.json).
 */
import { isBeyond } from './beyond.ts'
import {
  findInside,
  functionName,
  isCall,
  isFunction,
  nameOf,
  nodeIn,
  pathOf,
  type Site,
  type SyntaxNode,
} from './syntax.ts'

export interface LeftOut {
  name: string
  why: string
  appliesTo: (file: string, site: Site) => boolean
}

/** Files that only say what happened, or only check what they are given. */
const tellingFiles: ReadonlySet<string> = new Set([
  'limiter/snapshot.ts',
  'limiter/limiter-events.ts',
  'retry/report.ts',
  'batch/progress.ts',
  'batch/jobs/cost.ts',
])
const checkingFiles: ReadonlySet<string> = new Set([
  'limiter/assert-profile.ts',
  'limiter/validate.ts',
])
/** Files of options: a function in them that refuses is a check, also where it reads a default on its way. */
const optionFiles = /(?:^|[/-])(?:options|settings)\.ts$/

const tellingFunctions = /^#?(?:describe|tell|snapshot|report|explain|name|message)/
const checkingFunctions = /^#?(?:assert|check|validate)/
const tellingParts: ReadonlySet<string> = new Set([
  'events',
  'outbox',
  'channels',
  'onProgress',
  'onEvent',
  'progress',
  '#meter',
  '#tell',
  'reportLimited',
  'reportRetry',
  'reportGaveUp',
  'areGrantsHeard',
])

export const leftOut: readonly LeftOut[] = [
  {
    name: 'imports',
    why: 'names of other modules are no behaviour',
    appliesTo: (_file, { node }) => node.type === 'ImportDeclaration',
  },
  {
    name: 'texts',
    why: 'messages: what a text says, and what is put into an error, is judged by unit tests',
    appliesTo: (_file, { node }) =>
      node.type === 'TemplateLiteral' ||
      (node.type === 'NewExpression' && nameOf(nodeIn(node, 'callee'))?.endsWith('Error') === true),
  },
  {
    name: 'option-checks',
    why: 'a scenario has valid options only',
    appliesTo: (file, site) => checkingFiles.has(file) || isCheck(file, site),
  },
  {
    name: 'telling',
    why: 'events, snapshots, progress and prices are told and decide nothing',
    appliesTo: (file, { node }) => tellingFiles.has(file) || isTelling(node),
  },
  {
    name: 'beyond',
    why: 'no scenario comes to it because of what the simulator is: beyond.ts says why, place by place',
    appliesTo: (file, { node }) =>
      isBeyond(file, isFunction(node) ? functionName(node) : undefined),
  },
]

function isCheck(file: string, { node }: Site): boolean {
  if (isFunction(node)) {
    if (checkingFunctions.test(functionName(node) ?? '')) return true
    return optionFiles.test(file) && refuses(node)
  }
  if (node.type === 'IfStatement') {
    const consequent = nodeIn(node, 'consequent')
    return consequent !== undefined && refuses(consequent)
  }
  if (node.type !== 'ExpressionStatement') return false
  const called = nodeIn(nodeIn(node, 'expression'), 'callee')
  return checkingFunctions.test(pathOf(called).at(-1) ?? '')
}

function refuses(node: SyntaxNode): boolean {
  return findInside(node, 'NewExpression').some(
    (made) => nameOf(nodeIn(made, 'callee')) === 'InvalidOptionError',
  )
}

function isTelling(node: SyntaxNode): boolean {
  if (isFunction(node)) return tellingFunctions.test(functionName(node) ?? '')
  if (node.type === 'IfStatement') return isToldTo(nodeIn(node, 'test'))
  if (node.type !== 'ExpressionStatement') return false
  const expression = nodeIn(node, 'expression')
  if (expression?.type === 'AssignmentExpression') return isToldTo(nodeIn(expression, 'left'))
  return isCall(expression) && isToldTo(nodeIn(expression, 'callee'))
}

function isToldTo(node: SyntaxNode | undefined): boolean {
  return pathOf(node).some((part) => tellingParts.has(part))
}

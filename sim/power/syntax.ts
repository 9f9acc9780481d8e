/** The syntax tree of a source file, as far as mutants need it: nodes with their place, types left out. */
import { parse } from '@babel/parser'

/** A node of Babel's tree; which fields it has depends on its type. */
export interface SyntaxNode {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly loc: { readonly start: { readonly line: number } }
  readonly [field: string]: unknown
}

/** A node where it stands. */
export interface Site {
  readonly node: SyntaxNode
  /** From the file's root to the node's parent. */
  readonly parents: readonly SyntaxNode[]
  /** The field of the parent that holds the node. */
  readonly field: string
  /** The whole file. */
  readonly source: string
}

/** Whatever stands between an expression and its type is looked through; other type syntax is no code. */
const wrappers: ReadonlySet<string> = new Set([
  'TSAsExpression',
  'TSNonNullExpression',
  'TSSatisfiesExpression',
])
const fieldsWithoutCode: ReadonlySet<string> = new Set([
  'loc',
  'extra',
  'leadingComments',
  'innerComments',
  'trailingComments',
])

export function parseSource(source: string): SyntaxNode {
  const { program } = parse(source, { sourceType: 'module', plugins: ['typescript'] })
  return program as unknown as SyntaxNode
}

/**
 * All places where code stands, parents before their children.
 *
 * @param isLeftOut - Of what it is true, nothing inside is visited either.
 */
export function sitesIn(source: string, isLeftOut: (site: Site) => boolean): Site[] {
  const sites: Site[] = []
  const visit = (site: Site): void => {
    if (isLeftOut(site)) return
    sites.push(site)
    const parents = [...site.parents, site.node]
    for (const { node, field } of childrenOf(site.node)) visit({ node, parents, field, source })
  }
  visit({ node: parseSource(source), parents: [], field: '', source })
  return sites
}

export function textOf({ node, source }: Pick<Site, 'node' | 'source'>): string {
  return source.slice(node.start, node.end)
}

/** The node in a field, where there is one. */
export function nodeIn(node: SyntaxNode | undefined, field: string): SyntaxNode | undefined {
  const value = node?.[field]
  return isNode(value) ? value : undefined
}

export function nodesIn(node: SyntaxNode | undefined, field: string): SyntaxNode[] {
  const value = node?.[field]
  return Array.isArray(value) ? value.filter(isNode) : []
}

/** The name that a node has or refers to: of an identifier, of a private name with its #. */
export function nameOf(node: SyntaxNode | undefined): string | undefined {
  if (node?.type === 'PrivateName') return `#${nameOf(nodeIn(node, 'id')) ?? ''}`
  return node?.type === 'Identifier' ? String(node['name']) : undefined
}

/** The names along `a.b.#c`, from the left; an empty list for anything else. */
export function pathOf(node: SyntaxNode | undefined): string[] {
  if (node?.type === 'ThisExpression') return ['this']
  const own = nameOf(node)
  if (own !== undefined) return [own]
  if (!isMember(node)) return []
  const name = nameOf(nodeIn(node, 'property'))
  return name === undefined ? [] : [...pathOf(nodeIn(node, 'object')), name]
}

export function isMember(node: SyntaxNode | undefined): node is SyntaxNode {
  return node?.type === 'MemberExpression' || node?.type === 'OptionalMemberExpression'
}

export function isCall(node: SyntaxNode | undefined): node is SyntaxNode {
  return node?.type === 'CallExpression' || node?.type === 'OptionalCallExpression'
}

export function isFunction(node: SyntaxNode): boolean {
  return functionTypes.has(node.type)
}

const functionTypes: ReadonlySet<string> = new Set([
  'FunctionDeclaration',
  'FunctionExpression',
  'ArrowFunctionExpression',
  'ClassMethod',
  'ClassPrivateMethod',
  'ObjectMethod',
])

/** @param name - As {@link nameOf} gives it. */
export function functionName(node: SyntaxNode): string | undefined {
  return nameOf(nodeIn(node, 'id') ?? nodeIn(node, 'key'))
}

/** The nodes inside a node that are of a type, however deep. */
export function findInside(node: SyntaxNode, type: string): SyntaxNode[] {
  return childrenOf(node).flatMap(({ node: child }) => [
    ...(child.type === type ? [child] : []),
    ...findInside(child, type),
  ])
}

function childrenOf(node: SyntaxNode): { node: SyntaxNode; field: string }[] {
  if (wrappers.has(node.type)) return fieldsOf(node).filter(({ field }) => field === 'expression')
  return fieldsOf(node).filter(({ node: { type } }) => wrappers.has(type) || !type.startsWith('TS'))
}

function fieldsOf(node: SyntaxNode): { node: SyntaxNode; field: string }[] {
  return Object.entries(node).flatMap(([field, value]) => {
    if (fieldsWithoutCode.has(field)) return []
    const values: unknown[] = Array.isArray(value) ? value : [value]
    return values.filter(isNode).map((child) => ({ node: child, field }))
  })
}

function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value
}

/** How one kind of defect is planted. */
import type { Site } from '../syntax.ts'

/** What stands in the place of a node instead. */
export interface Change {
  /** Kind of the defect; a part of the mutant's identity. */
  operator: string
  /** Source text of an expression in the node's place; undefined: the statement is left out. */
  to: string | undefined
}

/** Finds what can be done to a node; an empty list where there is nothing. */
export type Operator = (site: Site) => Change[]

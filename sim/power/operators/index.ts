/** All kinds of defects that are planted. */
import { dropAwait, emptyCallback, removeStatement, reverseOrder, swapMethod } from './calls.ts'
import {
  dropDefault,
  dropNot,
  flipEquality,
  forceCondition,
  shiftBoundary,
  swapJoint,
} from './conditions.ts'
import type { Operator } from './types.ts'
import {
  changeNumber,
  dropMinus,
  flipBoolean,
  swapArithmetic,
  swapMath,
  swapUpdate,
} from './values.ts'

export const operators: readonly Operator[] = [
  forceCondition,
  shiftBoundary,
  flipEquality,
  swapJoint,
  dropDefault,
  dropNot,
  swapArithmetic,
  swapUpdate,
  dropMinus,
  changeNumber,
  flipBoolean,
  swapMath,
  removeStatement,
  emptyCallback,
  swapMethod,
  reverseOrder,
  dropAwait,
]

/**
 * Defect: the limiter cannot be told of a pause, so that a 429 holds back only the call that got it.
 * Expected: retry-after-is-honoured.
 */
import type { AlterShipped, SubjectLimiter } from '../../../../sim/subjects/types.ts'
import { replaceMembers } from '../../parts/replace-members.ts'

export const expectedInvariants: readonly string[] = ['retry-after-is-honoured']
export const themes: readonly string[] = ['storm', 'recovery']

export const alterShipped: AlterShipped = ({ createFullLimiter }) => ({
  createFullLimiter: (options) => {
    const limiter: SubjectLimiter & { pause?: unknown } = createFullLimiter(options)
    return replaceMembers(limiter, { pause: undefined })
  },
})

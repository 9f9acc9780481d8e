/** Draws a limit in tokens that binds before the limit in requests does, and the sizes of the calls that meet it. */
import type { Draw } from '../world/draw.ts'
import { reservedTokens } from '../world/requests.ts'
import type { ChatSize, TokenPlan } from './types.ts'

/** What the mock says at the most, however much a request allows it. */
const answerTokensMax = 14

export function drawTokens(draw: Draw): TokenPlan {
  const accounting = draw.pick(['used', 'used', 'reserved'] as const)
  const estimatePerMille = draw.pick([1_000, 1_000, 1_200, 1_500])
  const sizes: TokenPlan['sizes'] = [drawSize(draw), drawSize(draw), drawSize(draw), drawSize(draw)]
  const costs = sizes.map((size) => costOf(size, accounting, estimatePerMille))
  const meanCost = costs.reduce((sum, cost) => sum + cost, 0) / costs.length
  return {
    tokensMax: Math.ceil(meanCost * draw.int(150, 300)),
    accounting,
    estimatePerMille,
    sizes,
    answerMs: { min: 50, max: draw.pick([200, 2_000, 8_000, 20_000]) },
  }
}

function drawSize(draw: Draw): ChatSize {
  return { promptLength: draw.int(1_000, 8_000), tokensMax: draw.int(14, 1_500) }
}

/** What a call takes of the window in the end. */
function costOf(
  size: ChatSize,
  accounting: TokenPlan['accounting'],
  estimatePerMille: number,
): number {
  if (accounting === 'reserved') return (reservedTokens(size) * estimatePerMille) / 1_000
  return reservedTokens({ ...size, tokensMax: answerTokensMax })
}

/**
 * The way of `togetherRetry`: the parsed body of a 2xx is the result, and a body that breaks off or is no JSON a failure.
 */
import { tokensOfAnswer } from '../core/usage.ts'
import { BodyReading } from './body.ts'
import {
  cutShort,
  describeBreak,
  type AnswerWay,
  type AttemptOutcome,
  type RunningAttempt,
} from './running-attempt.ts'

/** Parses what succeeded. Nothing is kept of a refusal but what the error holds. @internal */
export const asJson: AnswerWay<unknown> = {
  senderName: 'fn',
  isResult: (status) => status >= 200 && status < 300,
  takeResult: readResult,
}

async function readResult(
  running: RunningAttempt,
  response: Response,
): Promise<AttemptOutcome<unknown>> {
  const reading = new BodyReading(response)
  const ending = await running.call.scope.wait(reading.read(Infinity))
  if (ending.kind === 'resolved') {
    const result = parseResult(ending.value)
    if (result !== undefined) {
      const used = tokensOfAnswer(result.value)
      if (used !== undefined) running.permit.settleTokens(used)
      return { kind: 'succeeded', value: result.value }
    }
  }
  const answer = { status: response.status, text: reading.text }
  if (ending.kind === 'resolved') {
    // The parser's own error would quote the body.
    return describeBreak(running, new SyntaxError('the body of the answer is not JSON'), answer)
  }
  reading.cancel()
  if (ending.kind === 'rejected') return describeBreak(running, ending.error, answer)
  return cutShort(running, ending, answer)
}

function parseResult(text: string): { value: unknown } | undefined {
  if (text.trim() === '') return { value: undefined }
  try {
    return { value: JSON.parse(text) as unknown }
  } catch {
    return undefined
  }
}

/**
 * Sees, on the server's side, what the handler answers, and checks that this is what came over HTTP.
 *
 * What HTTP adds by its nature is known by name; anything else that is more, less or different is an error of the app's.
 */
import type { Delivery, MockResponse, MockTogether } from '../../../src/server/handler.ts'
import type { Came } from './wire.ts'

/** Headers that are of a connection, not of an answer. */
const ownHeaders: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'transfer-encoding',
])

/** The codes with which a dead connection shows, in `fetch` and in `inject`. */
const deathCodes: ReadonlySet<unknown> = new Set([
  'ECONNRESET',
  'UND_ERR_SOCKET',
  'LIGHT_ECONNRESET',
])

export class Witness {
  /** Called when the handler has answered and the app is about to deliver it. */
  onAnswer: (delivery: Delivery) => void = () => {}
  #answers: MockResponse[] | undefined
  #waitMs = 0

  constructor(server: MockTogether) {
    const handle = server.handle.bind(server)
    server.handle = (request, nowMs) => {
      const answer = handle(request, nowMs)
      if (this.#answers !== undefined) {
        // The app goes on to add headers of its own.
        this.#answers.push({ ...answer, headers: { ...answer.headers } })
        this.onAnswer(answer.delivery)
      }
      return answer
    }
  }

  /** A request is on its way. */
  begin(): void {
    this.#answers = []
    this.#waitMs = 0
  }

  /** The app waits before it answers. */
  waits(delayMs: number): void {
    this.#waitMs += delayMs
  }

  /** @throws {Error} Where the server has not answered exactly once, or what came is something else. */
  end(came: Came | { error: unknown }): MockResponse {
    const answers = this.#answers ?? []
    this.#answers = undefined
    const [answer] = answers
    if (answer === undefined || answers.length > 1) {
      throw new Error(`one request reached the handler ${answers.length} times`, {
        cause: 'error' in came ? came.error : undefined,
      })
    }
    const difference =
      differenceOfWait(answer, this.#waitMs) ??
      ('error' in came ? differenceOfDeath(answer, came.error) : differenceOf(answer, came))
    if (difference === undefined) return answer
    const from = `status ${answer.status}, ${JSON.stringify(answer.delivery)}`
    throw new Error(`the app does not deliver what the handler says (${from}): ${difference}`)
  }
}

function differenceOfWait({ delivery }: MockResponse, waitMs: number): string | undefined {
  const isAsked = Math.abs(waitMs - Math.ceil(delivery.delayMs)) <= 1e-6
  return isAsked ? undefined : `it waits ${waitMs} ms`
}

function differenceOfDeath({ delivery }: MockResponse, error: unknown): string | undefined {
  if (delivery.hang === true && error === silence) return undefined
  const { code, cause } = Object(error) as { code?: unknown; cause?: unknown }
  const codes = [code, (Object(cause) as { code?: unknown }).code]
  if (delivery.drop !== undefined && codes.some((found) => deathCodes.has(found))) return undefined
  return `no headers came, but ${String(error)} (${codes.join(', ')})`
}

/** What stands for an answer that is not coming. */
export const silence: unique symbol = Symbol('silence')

function differenceOf(answer: MockResponse, came: Came): string | undefined {
  const { delivery } = answer
  if (delivery.drop !== undefined || delivery.hang === true) return `status ${came.status} came`
  if (came.status !== answer.status) return `status ${came.status} came`
  return differenceOfHeaders(answer.headers, came.headers) ?? differenceOfBody(answer, came)
}

function differenceOfHeaders(
  said: Readonly<Record<string, string>>,
  came: Readonly<Record<string, string>>,
): string | undefined {
  for (const [name, value] of Object.entries(said)) {
    // Fields come without the blanks around them.
    if (came[name] !== value.trim()) return `header ${name}: ${came[name]} in place of ${value}`
  }
  const more = Object.keys(came).filter((name) => !Object.hasOwn(said, name))
  const added = more.find((name) => !ownHeaders.has(name))
  if (added !== undefined) return `header ${added}: ${came[added]} was added`
  const order = Object.keys(came).filter((name) => Object.hasOwn(said, name))
  return order.length === Object.keys(said).length ? undefined : 'a header came twice'
}

function differenceOfBody({ body, bytes, delivery }: MockResponse, came: Came): string | undefined {
  const said = bytes ?? new TextEncoder().encode(body)
  const isCut = delivery.truncate === true
  if (isCut !== (came.failure !== undefined)) {
    return isCut ? 'the body did not break off' : `the body broke off: ${String(came.failure)}`
  }
  const expected = isCut ? said.subarray(0, said.length >> 1) : said
  const isEqual = Buffer.from(expected).equals(came.bytes)
  return isEqual ? undefined : `a body of ${came.bytes.length} bytes in place of ${expected.length}`
}

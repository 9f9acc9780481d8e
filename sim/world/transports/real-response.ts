/** A real `Response` whose headers are here and whose body comes when the network says so. */
import type { BodyPlan } from './transport.ts'
import type { Came } from './wire.ts'

/** Statuses whose answers have no body, by the Fetch standard. */
const bodiless: ReadonlySet<number> = new Set([204, 205, 304])

export function realResponse({ status, headers, bytes, failure }: Came, plan: BodyPlan): Response {
  if (bodiless.has(status)) {
    plan.events.onDone()
    return new Response(null, { status, headers })
  }
  return new Response(bodyStream(bytes, failure, plan), { status, headers })
}

/** A stream of bytes, as that of `fetch` is; nothing is read of it before somebody asks. */
function bodyStream(
  bytes: Uint8Array<ArrayBuffer>,
  failure: unknown,
  { arrived, events }: BodyPlan,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let isSent = bytes.length === 0
  return new ReadableStream(
    {
      type: 'bytes',
      pull: async (controller) => {
        await arrived
        if (!isSent) {
          isSent = true
          controller.enqueue(bytes)
          return
        }
        events.onDone()
        if (failure !== undefined) {
          controller.error(failure)
          return
        }
        controller.close()
        // Who brought a buffer gets it back.
        controller.byobRequest?.respond(0)
      },
      cancel: () => events.onDone(),
    },
    { highWaterMark: 0 },
  )
}

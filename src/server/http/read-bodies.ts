/**
 * Reads request bodies for the handler: text where it may be JSON or a form, bytes where it is a file, parts where it is
 * a multipart form. What they hold, and whether it may come at all, is the handler's business.
 */

import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { MockForm, MockRequest } from '../contract.ts'

/** The body as the handler takes it. */
type Body = Pick<MockRequest, 'body' | 'form'>

const nothing: Body = Object.freeze({})

/** Takes in bodies of every type, and those without one. @internal */
export function readBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  for (const type of ['application/json', 'application/x-www-form-urlencoded', 'text/plain']) {
    app.addContentTypeParser(type, { parseAs: 'string' }, (_request, body, done) =>
      done(null, { body }),
    )
  }
  app.addContentTypeParser(
    /^multipart\/form-data/i,
    { parseAs: 'buffer' },
    async (request: FastifyRequest, bytes: Buffer) => ({
      form: await readForm(bytes, request.headers['content-type']),
    }),
  )
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) =>
    done(null, { body }),
  )
}

/** What was read of a request. @internal */
export function bodyOf(body: unknown): Body {
  return isBody(body) ? body : nothing
}

function isBody(body: unknown): body is Body {
  return typeof body === 'object' && body !== null
}

/** Undefined where the bytes are not such a form. */
async function readForm(bytes: Buffer, type: string | undefined): Promise<MockForm | undefined> {
  try {
    const headers = { 'content-type': type ?? '' }
    const form = await new Response(Uint8Array.from(bytes), { headers }).formData()
    const fields: Record<string, string> = {}
    let file: MockForm['file']
    for (const [name, value] of form) {
      if (typeof value === 'string') fields[name] = value
      else if (name === 'file') {
        file = { name: value.name, bytes: new Uint8Array(await value.arrayBuffer()) }
      }
    }
    return file === undefined ? { fields } : { fields, file }
  } catch {
    return undefined
  }
}

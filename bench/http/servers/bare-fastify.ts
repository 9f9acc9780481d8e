/**
 * What the mock is measured against: fastify as its documentation has it, with a schema for what comes in and one for what
 * goes out, and an answer that is always the same.
 */
import { fastify } from 'fastify'
import { MockTogether } from '../../../src/server/index.ts'
import { benchCases, requestHeaders } from '../cases.ts'
import { announce } from '../child-server.ts'
import { requestSchemas, responseSchemas } from './schemas.ts'

const app = fastify()
for (const { name, path, body } of benchCases) {
  // Of the same shape and size as what the mock says, byte for byte but for its ids.
  const mock = new MockTogether()
  const answer: unknown = JSON.parse(
    mock.handle({ method: 'POST', path, headers: requestHeaders, body }, 0).body,
  )
  const schema = { body: requestSchemas[name], response: { 200: responseSchemas[name] } }
  app.post(path, { schema }, async () => answer)
}
announce(await app.listen({ host: '127.0.0.1', port: 0 }))

/**
 * `POST /v1/images/generations`: as many pictures as asked for, each of one grey pixel.
 */

import { numberOf, type BodyRules } from './body-rules.ts'
import type { Operation } from './operation.ts'

/** A PNG of one pixel. */
const pixelBase64 =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=='

const rules: BodyRules = [
  ['model', { kind: 'string', isRequired: true, min: 1 }],
  ['prompt', { kind: 'string', isRequired: true }],
  ['n', { kind: 'whole', min: 0, max: 16 }],
  ['steps', { kind: 'whole', min: 0, max: 1_000 }],
  ['width', { kind: 'whole', min: 0, max: 8_192 }],
  ['height', { kind: 'whole', min: 0, max: 8_192 }],
  ['seed', { kind: 'whole' }],
  ['response_format', { kind: 'string', oneOf: ['base64', 'b64_json', 'url'] }],
]

/** Creates images. @internal */
export const createImages: Operation = {
  endpoint: 'images',
  rules,
  model: { field: 'model', types: ['image'] },
  act: ({ body, model }, { nextId }) => {
    const id = nextId('image')
    const count = numberOf(body, 'n') ?? 1
    const isInline = (body['response_format'] ?? 'url') !== 'url'
    const data = Array.from({ length: count }, (_, index) =>
      isInline
        ? { index, b64_json: pixelBase64, type: 'b64_json' }
        : { index, url: `https://images.invalid/${id}/${index}.png`, type: 'url' },
    )
    return { status: 200, body: JSON.stringify({ id, model: model?.id, object: 'list', data }) }
  },
}

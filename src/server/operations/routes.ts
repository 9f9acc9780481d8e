/**
 * Which operation a method and a path name.
 *
 * Fixed paths are looked up, paths with an id are cut at their slashes; a known path with another method is told apart
 * from an unknown path.
 */

import { cancelBatch, createBatch, listBatches, retrieveBatch } from './batches/batches.ts'
import { createChat } from './chat.ts'
import { createCompletion } from './completions.ts'
import { createEmbeddings } from './embeddings.ts'
import { deleteFile, listFiles, retrieveFile, retrieveFileContent } from './files/files.ts'
import { beginUpload, putContent, uploadFile } from './files/upload.ts'
import { cancelFineTune, createFineTune, listFineTunes, retrieveFineTune } from './fine-tunes.ts'
import { createImages } from './images.ts'
import { listModels } from './list-models.ts'
import { listUploads, retrieveUpload, uploadModel } from './model-uploads.ts'
import { createRerank } from './rerank.ts'
import type { Operation } from './operation.ts'
import type { ServerEndpoint } from '../profiles/server-profile.ts'

/** What a path leads to. @internal */
export type Route =
  | { readonly kind: 'found'; readonly operation: Operation; readonly id: string }
  | { readonly kind: 'wrong-method'; readonly endpoint: ServerEndpoint; readonly allow: string }
  | { readonly kind: 'unknown' }

type Methods = ReadonlyMap<string, Operation>

function methods(operations: Readonly<Record<string, Operation>>): Methods {
  return new Map(Object.entries(operations))
}

const fixedPaths: ReadonlyMap<string, Methods> = new Map([
  ['/v1/chat/completions', methods({ POST: createChat })],
  ['/v1/completions', methods({ POST: createCompletion })],
  ['/v1/embeddings', methods({ POST: createEmbeddings })],
  ['/v1/images/generations', methods({ POST: createImages })],
  ['/v1/rerank', methods({ POST: createRerank })],
  ['/v1/fine-tunes', methods({ GET: listFineTunes, POST: createFineTune })],
  ['/v1/batches', methods({ GET: listBatches, POST: createBatch })],
  ['/v1/models', methods({ GET: listModels, POST: uploadModel })],
  ['/v1/files', methods({ GET: listFiles, POST: beginUpload })],
  ['/v1/files/upload', methods({ POST: uploadFile })],
  ['/v1/jobs', methods({ GET: listUploads })],
])

/** By collection, then by what follows the id. */
const idPaths: ReadonlyMap<string, ReadonlyMap<string, Methods>> = new Map([
  [
    'fine-tunes',
    new Map([
      ['', methods({ GET: retrieveFineTune })],
      ['cancel', methods({ POST: cancelFineTune })],
    ]),
  ],
  [
    'files',
    new Map([
      ['', methods({ GET: retrieveFile, DELETE: deleteFile })],
      ['content', methods({ GET: retrieveFileContent })],
      // The Python client asks for a validation that the mock has done already.
      ['preprocess', methods({ POST: retrieveFile })],
    ]),
  ],
  ['uploads', new Map([['', methods({ PUT: putContent })]])],
  ['jobs', new Map([['', methods({ GET: retrieveUpload })]])],
  [
    'batches',
    new Map([
      ['', methods({ GET: retrieveBatch })],
      ['cancel', methods({ POST: cancelBatch })],
    ]),
  ],
])

/** Finds the operation. @param path - Without its query. @internal */
export function findRoute(method: string, path: string): Route {
  const fixed = fixedPaths.get(path)
  if (fixed !== undefined) return pickMethod(fixed, method, '')
  const [root, version, collection = '', id = '', action = '', ...rest] = path.split('/')
  if (root !== '' || version !== 'v1' || id === '' || rest.length > 0) return { kind: 'unknown' }
  const found = idPaths.get(collection)?.get(action)
  // `/v1/batches/x/` ends in an empty action, which is not the same path as `/v1/batches/x`.
  if (found === undefined || path.endsWith('/')) return { kind: 'unknown' }
  return pickMethod(found, method, id)
}

function pickMethod(found: Methods, method: string, id: string): Route {
  const operation = found.get(method)
  if (operation !== undefined) return { kind: 'found', operation, id }
  const [first] = found.values()
  const endpoint = first?.endpoint ?? 'models'
  return { kind: 'wrong-method', endpoint, allow: [...found.keys()].join(', ') }
}

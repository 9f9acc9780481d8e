/** The mock as it comes, without limits. */
import { createMockTogether, findServerProfile } from '../../../src/server/index.ts'
import { announce } from '../child-server.ts'

const profile = findServerProfile('unlimited')
if (profile === undefined) throw new Error('there is no profile without limits')
const { url } = await createMockTogether({ profile })
announce(url)

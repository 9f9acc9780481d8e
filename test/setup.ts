/**
 * What all tests begin with: one seed, so that a property is tried with the same values in every run.
 *
 * Other values are tried by `TEST_SEED=7 npx vitest run --project property`; a failure names its seed.
 */

import process from 'node:process'
import * as fc from 'fast-check'

fc.configureGlobal({ seed: Number(process.env['TEST_SEED'] ?? 20_261_124) })

/**
 * All profiles by name.
 */

import { documentedServerProfile } from './documented.ts'
import { dynamic202601Profile, dynamicProfile } from './dynamic.ts'
import { tierProfiles } from './tiers.ts'
import { unlimitedProfile } from './unlimited.ts'
import type { ServerProfile } from './server-profile.ts'

/** The profiles that the mock knows by name. @public */
export const serverProfiles: readonly ServerProfile[] = Object.freeze([
  documentedServerProfile,
  ...tierProfiles,
  dynamic202601Profile,
  dynamicProfile,
  unlimitedProfile,
])

/** The profile of this name, if there is one. @public */
export function findServerProfile(name: string): ServerProfile | undefined {
  return serverProfiles.find((profile) => profile.name === name)
}

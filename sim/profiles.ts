/**
 * The profiles by name, and what each allows a minute: written down here once more and on purpose, so that neither the
 * client's nor the server's description is taken at its word.
 */

/** The documented limits, and some other for some of the seeds that use all of the shipped module. */
export const mixedProfiles = 'mixed'

/** Requests a minute; where there is no limit, infinite. */
export interface ProfileFacts {
  chat: number
  embeddings: number
  images: number
  /** For a model with a limit of its own, where client and server know it. */
  reasoning?: number
}

const documented: ProfileFacts = { chat: 600, embeddings: 300, images: 60 }
/** Per model, which grows with its use. */
const dynamic: ProfileFacts = { chat: 60, embeddings: 60, images: 60 }

const facts: Readonly<Record<string, ProfileFacts>> = {
  documented,
  'tier-free': { chat: 60, embeddings: 3_000, images: 1 },
  'tier-1': { chat: 600, embeddings: 3_000, images: 5, reasoning: 3 },
  'tier-2': { chat: 1_800, embeddings: 5_000, images: 10, reasoning: 60 },
  'tier-3': { chat: 3_000, embeddings: 5_000, images: 15, reasoning: 400 },
  'tier-4': { chat: 4_500, embeddings: 10_000, images: 20, reasoning: 400 },
  'tier-5': { chat: 6_000, embeddings: 10_000, images: 50, reasoning: 1_200 },
  'dynamic-2026-01': dynamic,
  dynamic,
  unlimited: { chat: Infinity, embeddings: Infinity, images: Infinity },
}

/** All that `--profile` takes. */
export const profileNames: readonly string[] = [mixedProfiles, ...Object.keys(facts)]

export const tierNames: readonly [string, ...string[]] = [
  'tier-free',
  'tier-1',
  'tier-2',
  'tier-3',
  'tier-4',
  'tier-5',
]

export function factsOf(profile: string): ProfileFacts {
  const known = facts[profile]
  if (known === undefined) throw new Error(`the simulator has no profile ${profile}`)
  return known
}

/** What is documented has windows of a minute, which a client keeps exactly; tiers are measured by the second. */
export function isTier(profile: string): boolean {
  return profile.startsWith('tier-')
}

/** What a subject from outside is told: the number for chat, or any where there is none. */
export function maxPerMinuteOf(profile: string): number {
  const { chat } = factsOf(profile)
  return Number.isFinite(chat) ? chat : documented.chat
}

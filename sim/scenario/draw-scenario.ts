/**
 * Draws a scenario from a seed.
 *
 * Swarm: a seed first chooses what it presses on, then each fault is on or off, then the rates of those that are on. A set
 * of seeds so holds runs with one fault alone, which a run with all of them at once would drown.
 */
import { maxPerMinuteOf } from '../profiles.ts'
import { Draw } from '../world/draw.ts'
import { drawCalls, type DrawnCalls } from './draw-calls.ts'
import { drawCounting } from './draw-counting.ts'
import { drawDynamic } from './draw-dynamic.ts'
import { drawFaults, type FaultsFrame } from './draw-faults.ts'
import { withHits } from './draw-hits.ts'
import { drawLies, type LiesFrame } from './draw-lies.ts'
import { drawNetwork, lengthenAnswers } from './draw-network.ts'
import { drawProfile, themeUnder } from './draw-profile.ts'
import { drawQuirks } from './draw-quirks.ts'
import { drawRestarts } from './draw-restarts.ts'
import { drawTimers } from './draw-timers.ts'
import { drawTokens } from './draw-tokens.ts'
import type { ModuleSettings, Scenario, Tenant, WallJump } from './types.ts'

export interface ScenarioKind {
  /** Subjects from outside have only the contract's interface. */
  isShipped: boolean
  /** A profile's name, or that of all of them. */
  profile: string
}

/** Equal seeds and kinds give equal scenarios. */
export function drawScenario(seed: number, kind: ScenarioKind): Scenario {
  const draw = new Draw(seed, 'scenario')
  const drawnTheme = drawTheme(draw)
  const usesFullInterface = draw.chance(500) && kind.isShipped
  // A stream of its own, so that what subjects from outside meet does not hang on what only the shipped module has.
  const press = new Draw(seed, 'press')
  const wantedTheme = usesFullInterface ? drawFullTheme(press, drawnTheme) : drawnTheme
  const profile = drawProfile(new Draw(seed, 'profile'), kind.profile, {
    theme: wantedTheme,
    usesFullInterface,
  })
  const theme = themeUnder(profile, wantedTheme, usesFullInterface)
  const arrivalBoundMs = draw.pick([5_000, 5_000, 2_000, 1_000])
  const driftPpm = draw.chance(250) ? draw.int(-100, 100) : 0
  const wallJumps = drawWallJumps(draw, theme)
  const frame = {
    seed,
    theme,
    profile,
    isSteady: isAlone(theme) && draw.chance(160),
    interface: usesFullInterface ? ('full' as const) : ('contract' as const),
    arrivalBoundMs,
    driftPpm,
    wallJumps,
  }
  const drawn = drawCalls(new Draw(seed, 'calls'), frame)
  const { calls, busyMs } = drawn
  const { faults, faultsEndMs } = drawFaults(new Draw(seed, 'fault-plan'), frame, busyMs)
  const tenants = drawTenants(draw, theme, faultsEndMs)
  const upsets = drawUpsets(frame, busyMs)
  const usualEnforcement = drawEnforcement(draw)
  const { isSteady: _unused, ...identity } = frame
  const scenario: Scenario = {
    ...identity,
    maxPerMinute: maxPerMinuteOf(profile),
    maxRetries: draw.pick([4, 4, 4, 3, 2, 1]),
    discardsPermits: kind.isShipped && !usesFullInterface && draw.chance(300),
    ...(usesFullInterface
      ? drawFullOnly(press, { seed, theme, profile, faultsEndMs, busyMs })
      : {}),
    settings: drawSettings(draw, usesFullInterface && theme !== 'dynamic'),
    enforcement: drawCounting(new Draw(seed, 'counting'), frame) ?? usualEnforcement,
    countsRefused: draw.chance(500),
    network: lengthenAnswers(
      new Draw(seed, 'long-answers'),
      frame,
      drawNetwork(new Draw(seed, 'network-plan'), frame, busyMs),
    ),
    calls,
    ...withoutNothing(drawn),
    faults,
    ...drawOddities(frame, { faults, faultsEndMs }),
    tenants,
    jobDurationMs: { minMs: 5_000, maxMs: draw.int(20_000, 90_000) },
    ...upsets,
    faultsEndMs: Math.max(faultsEndMs, ...wallJumps.map(({ atMs }) => atMs), ...endsOf(upsets)),
  }
  // What a process does in its first moments is seen best where it may do all at once.
  if (upsets.restarts !== undefined && press.chance(600)) scenario.settings.pacing = 'burst'
  return withHits(scenario)
}

type Upsets = Pick<Scenario, 'stalls' | 'earlyTimers' | 'restarts'>

/** What befalls the client's process. */
function drawUpsets(
  frame: FaultsFrame & Pick<Scenario, 'seed' | 'interface'>,
  busyMs: number,
): Upsets {
  const { seed, interface: used } = frame
  const timers = drawTimers(new Draw(seed, 'timers-plan'), { ...frame, busyMs })
  if (used === 'contract') return timers
  const restarts = drawRestarts(new Draw(seed, 'restarts'), { ...frame, busyMs })
  return restarts.length === 0 ? timers : { ...timers, restarts }
}

function endsOf({ stalls = [], restarts = [] }: Upsets): number[] {
  return [...stalls.map(({ atMs, lastsMs }) => atMs + lastsMs), ...restarts.map(({ atMs }) => atMs)]
}

function drawOddities(
  frame: FaultsFrame,
  plan: Pick<Scenario, 'faults' | 'faultsEndMs'>,
): Pick<Scenario, 'quirks'> {
  const quirks = drawQuirks(new Draw(frame.seed, 'quirks'), frame, plan)
  return quirks.length === 0 ? {} : { quirks }
}

/** A scenario is as good as JSON, which has no undefined. */
function withoutNothing({ topUp, works }: DrawnCalls): Pick<Scenario, 'topUp' | 'works'> {
  return {
    ...(topUp === undefined ? {} : { topUp }),
    ...(works === undefined ? {} : { works }),
  }
}

function drawTheme(draw: Draw): Scenario['theme'] {
  const dice = draw.int(0, 99)
  if (dice < 33) return 'quota'
  if (dice < 71) return 'storm'
  return dice < 91 ? 'outage' : 'recovery'
}

/** Of the seeds that use all of the shipped module, some press on what no other module has. */
function drawFullTheme(draw: Draw, theme: Scenario['theme']): Scenario['theme'] {
  const dice = draw.int(0, 999)
  if (dice < 180) return 'tokens'
  if (dice < 330) return 'dynamic'
  return dice < 700 ? 'work' : theme
}

/** What only the shipped module is asked for. */
function drawFullOnly(
  draw: Draw,
  { seed, theme, profile, ...frame }: LiesFrame & Pick<Scenario, 'seed' | 'theme' | 'profile'>,
): Pick<Scenario, 'viaFetch' | 'tokens' | 'dynamic' | 'lies'> {
  const isDynamic = theme === 'dynamic'
  // Most where nothing else happens, for there it is seen best what becomes of them.
  const liesPerMille = frame.faultsEndMs === 0 ? 700 : 300
  return {
    ...(draw.chance(350) ? { viaFetch: true } : {}),
    ...(theme === 'tokens' ? { tokens: drawTokens(new Draw(seed, 'tokens')) } : {}),
    ...(isDynamic ? { dynamic: drawDynamic(new Draw(seed, 'dynamic'), profile) } : {}),
    ...(!isDynamic && draw.chance(liesPerMille) && profile === 'documented'
      ? { lies: drawLies(new Draw(seed, 'lies'), frame) }
      : {}),
  }
}

/** Nobody else spends the quota, and every refusal for rate is the server's own: then there must be none. */
function isAlone(theme: Scenario['theme']): boolean {
  return theme === 'quota' || theme === 'tokens'
}

function drawEnforcement(draw: Draw): Scenario['enforcement'] {
  const kind = draw.pick(['sliding-log', 'sliding-log', 'fixed-window', 'token-bucket'] as const)
  return kind === 'fixed-window' ? { kind, phaseMs: draw.int(0, 59_999) } : { kind }
}

function drawSettings(draw: Draw, usesFullInterface: boolean): ModuleSettings {
  const concurrencyMax = usesFullInterface && draw.chance(150) ? draw.int(5, 80) : undefined
  return {
    pacing: draw.chance(300) ? 'burst' : 'even',
    attemptTimeoutMs: draw.pick([10_000, 30_000, 60_000]),
    serverDelayMsMax: draw.pick([30_000, 120_000]),
    ...(concurrencyMax === undefined ? {} : { concurrencyMax }),
  }
}

/** Forward and backward, by seconds and by an hour, while the queue is likely to be long. */
function drawWallJumps(draw: Draw, theme: Scenario['theme']): WallJump[] {
  if (!draw.chance(isAlone(theme) ? 450 : 100)) return []
  return [
    { atMs: draw.int(5_000, 90_000), byMs: draw.pick([3_600_000, -3_600_000, 45_000, -45_000]) },
  ]
}

function drawTenants(draw: Draw, theme: Scenario['theme'], faultsEndMs: number): Tenant[] {
  const isShared = !isAlone(theme) && theme !== 'dynamic' && draw.chance(300)
  return isShared ? [{ fromMs: 0, toMs: faultsEndMs, everyMs: draw.int(250, 2_000) }] : []
}

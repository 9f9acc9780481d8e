/**
 * Code that no scenario comes to because of what the simulator is (design, section 6), and who judges it instead. What a
 * scenario could come to and does not is not here: its mutants survive, and are listed apart as never executed.
 */
export interface Beyond {
  /** Below src/. */
  file: string
  /** Functions and methods of it; all of the file where there are none. */
  functions?: readonly string[]
  why: string
}

const streams =
  'streams: the simulated transport answers with a light object whose body is read as a whole; test/unit/fetch judges it with real responses'
const doors =
  'an entrance that neither the retry nor the fetch nor a long run uses, and so no client of the simulator; unit and property tests judge it'

export const beyond: readonly Beyond[] = [
  { file: 'fetch/usage-scanner.ts', why: streams },
  { file: 'fetch/token-meter.ts', functions: ['see', 'end', 'cancel', 'readWhole'], why: streams },
  {
    file: 'fetch/watched-response.ts',
    functions: ['body', 'bodyUsed', '#guardStream', '#cut', 'isByteStream', 'clone'],
    why: streams,
  },
  {
    file: 'fetch/response-answer.ts',
    functions: ['restOf', 'drop', 'cancelBody'],
    why: streams,
  },
  { file: 'retry/body.ts', functions: ['discardBody'], why: streams },
  {
    file: 'fetch/send-once.ts',
    functions: ['isOfArguments', 'orAborted'],
    why: 'a fetch of another make that rejects what it is given, or obeys no signal; the simulated one takes all and obeys',
  },
  {
    file: 'fetch/prepare.ts',
    functions: ['prepareFromRequest'],
    why: 'a Request instead of an address: the long runs and the SDKs of the simulator give addresses',
  },
  {
    file: 'fetch/body.ts',
    why: 'which bodies can be sent again: all of the simulator are texts; test/unit/fetch/body judges the others',
  },
  {
    file: 'fetch/estimate-tokens.ts',
    why: 'how many tokens a request comes to is a part of the scenario, too low on purpose in some',
  },
  {
    file: 'batch/models.ts',
    functions: ['nearestNames', 'countChanges'],
    why: 'which names an error suggests: a text',
  },
  { file: 'batch/requests/partial-result.ts', why: 'what an error carries of a stream: a text' },
  { file: 'limiter/limiter.ts', functions: ['tryAcquire', 'close', 'countsTokens'], why: doors },
  { file: 'limiter/intake.ts', functions: ['grantInTurn'], why: doors },
  { file: 'limiter/deadlines.ts', functions: ['clear'], why: doors },
  { file: 'limiter/pauses.ts', functions: ['list'], why: doors },
  { file: 'retry/budget.ts', functions: ['available'], why: doors },
  {
    file: 'batch/api.ts',
    functions: ['sharedFetchFor', 'readBaseUrl'],
    why: 'what is taken where no fetch is given: the simulator gives its own',
  },
  {
    file: 'fetch/options.ts',
    functions: ['basesOfEnvironment', 'parseBase'],
    why: 'the environment of the process is none of a scenario’s',
  },
]

/** @param name - Of a function, as {@link functionName} gives it; undefined for the file as a whole. */
export function isBeyond(file: string, name: string | undefined): boolean {
  return beyond.some(
    (entry) =>
      entry.file === file &&
      (entry.functions === undefined || (name !== undefined && entry.functions.includes(name))),
  )
}

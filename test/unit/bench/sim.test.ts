import { expect, it } from 'vitest'
import { runBareHour } from '../../../bench/sim/bare-hour.ts'
import { hourScenario } from '../../../bench/sim/hour-scenario.ts'
import { parseSimBench } from '../../../bench/sim/options.ts'
import { judgeRun } from '../../../sim/judge.ts'
import { loadSubject } from '../../../sim/subjects/load.ts'
import { installVirtualTime } from '../../../sim/world/time.ts'

const time = installVirtualTime(1)
/** A minute and a half. */
const scenario = hourScenario(1 / 40)

it('sends as many requests by the bare loop as by the simulator, and no promise is broken', async () => {
  const { violations, checks } = await judgeRun(time, await loadSubject('shipped'), scenario)
  expect(violations).toEqual([])
  expect(checks['every-call-settles-once']).toBe(900)
  expect(await runBareHour(time, scenario)).toBe(900)
})

it('reads its flags', () => {
  expect(parseSimBench([])).toEqual({ rounds: 15, share: 1, jsonFile: undefined })
  expect(parseSimBench(['--quick', '--json', 'a.json'])).toMatchObject({ rounds: 5, share: 0.1 })
  expect(parseSimBench(['--rounds', '3'])).toMatchObject({ rounds: 3 })
  expect(() => parseSimBench(['--rounds', '1.5'])).toThrow('--rounds 1.5')
  expect(() => parseSimBench(['--slow'])).toThrow('--slow')
})

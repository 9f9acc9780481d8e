import { installVirtualTime } from './world/time.ts'
import { drawScenario } from './scenario/draw-scenario.ts'
import { judgeRun } from './judge.ts'
import { loadSubject } from './subjects/load.ts'
const time = installVirtualTime(1)
const subject = await loadSubject('shipped')
import fs from 'node:fs'
const r = JSON.parse(fs.readFileSync('reports/sim/summary.json','utf8'))
for (const seed of new Set(r.violations.map((v:any)=>v.seed))) {
 const sc=drawScenario(seed as number,{isShipped:true,profile:'documented'}); const o=await judgeRun(time,subject,sc)
 for (const v of o.violations) console.log(seed, sc.theme, sc.interface, sc.settings.pacing, 'disc',sc.discardsPermits,'bound',sc.arrivalBoundMs, v.invariant, v.atMs, v.message, JSON.stringify(sc.calls), JSON.stringify(sc.network[0]!.service))
}

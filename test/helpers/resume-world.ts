/**
 * `embed` in a world of virtual time, on a disk in memory.
 */
import { resume, type ResumeOptions, type Summary } from '../../src/cli/resume.ts'
import { embedWorkload } from '../../src/cli/workloads/embed.ts'
import type { Workload } from '../../src/cli/workloads/workload.ts'
import { BatchWorld } from './batch-world.ts'
import { MemoryDisk } from './memory-disk.ts'

/** @internal */
export const model = 'mock/embed-32'

/** @internal */
export const embed: Workload = embedWorkload({ model, batchSize: 20 })

/** An input of so many texts. @internal */
export function textsFile(count: number, from = 0): string {
  const ids = Array.from({ length: count }, (_, index) => index + from)
  return ids
    .map((id) => `${JSON.stringify({ custom_id: `t${id}`, text: `text ${id}` })}\n`)
    .join('')
}

/** Of `in`, into `out`. @internal */
export function start(
  world: BatchWorld,
  disk: MemoryDisk,
  more: Partial<ResumeOptions> = {},
): Promise<Summary> {
  return resume({
    disk,
    inputPath: 'in',
    outputPath: 'out',
    workload: embed,
    retriesFailed: false,
    ...more,
    run: { ...world.api, ...more.run },
  })
}

/** The output of a run that nothing disturbs. @internal */
export async function undisturbed(input: string): Promise<string> {
  const world = new BatchWorld()
  const disk = new MemoryDisk({ in: input })
  await world.until(start(world, disk))
  return disk.text('out')
}

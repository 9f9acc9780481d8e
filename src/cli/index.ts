/**
 * What the command line is made of, for the simulator, which runs it on disks and processes that fail.
 */
export { CommandError } from './command-error.ts'
export type { Disk, DiskFile } from './files/disk.ts'
export { resume } from './resume.ts'
export type { ResumeOptions, RunEnd, Summary } from './resume.ts'
export { batchWorkload } from './workloads/batch.ts'
export { embedWorkload } from './workloads/embed.ts'
export { runWorkload } from './workloads/run.ts'
export type { ItemResult, Workload } from './workloads/workload.ts'

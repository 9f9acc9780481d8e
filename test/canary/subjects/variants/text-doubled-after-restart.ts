/**
 * Defect: a start overlooks the last line of the output that it goes on with, and writes what it says once more.
 * Expected: results-match-requests.
 */
import type { Disk, DiskFile } from '../../../../src/cli/index.ts'
import type { AlterShipped } from '../../../../sim/subjects/types.ts'

export const expectedInvariants: readonly string[] = ['results-match-requests']
export const themes: readonly string[] = ['work']

export const alterShipped: AlterShipped = ({ workloads }) => ({
  workloads: {
    ...workloads,
    resume: (options) => workloads.resume({ ...options, disk: overlooking(options.disk) }),
  },
})

function overlooking(disk: Disk): Disk {
  return {
    ...disk,
    open: async (path, mode) => {
      const file = await disk.open(path, mode)
      return mode === 'write' ? withoutLastLine(file) : file
    },
  }
}

/** As it is at first; what is written later is seen. */
async function withoutLastLine(file: DiskFile): Promise<DiskFile> {
  const size = await file.size()
  const text = new TextDecoder('latin1').decode(await file.read(0, size))
  const lastLine = text.lastIndexOf('\n', text.lastIndexOf('\n') - 1) + 1
  let hidden = text.endsWith('\n') ? size - lastLine : 0
  return {
    ...file,
    size: async () => (await file.size()) - hidden,
    read: async (position, length) => {
      const shown = (await file.size()) - hidden - position
      return file.read(position, Math.max(0, Math.min(length, shown)))
    },
    append: async (bytes) => {
      hidden = 0
      await file.append(bytes)
    },
  }
}

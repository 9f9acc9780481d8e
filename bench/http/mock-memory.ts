/**
 * `npm run bench:memory`: the heap of the mock stays flat, however many requests it has answered.
 *
 * Everything that it remembers is bounded: the journal, the jobs, the counters of the keys that were active within a
 * window, the answers under way. Exits 1 where the heap grows by more than the bound, 2 where the command line is wrong.
 */
import { MockTogether, findLatencyPreset } from '../../src/server/index.ts'
import { benchCases } from './cases.ts'
import { startServer, usageNow } from './child-server.ts'
import { load } from './load.ts'
import { parseMemoryBench, type MemoryBenchOptions } from './options.ts'

const samples = 10
/** Of the last tenth's heap over that of the first, which has filled everything that is bounded. */
const growthBytesMax = 4 * 1_048_576

/** Answers so many more requests and says how large the heap is then. */
type Stretch = (requests: number) => Promise<number>

interface Stretches {
  readonly stretch: Stretch
  readonly stop: () => Promise<void>
}

/** By calls in this process: keys, kinds of requests and refusals by turns, a request every 10 ms of virtual time. */
function stretchByCalls(): Stretches {
  const latency = findLatencyPreset('typical')
  const mock = new MockTogether(latency === undefined ? {} : { latency })
  const requests = [
    ...benchCases,
    {
      path: '/v1/images/generations',
      body: '{"model":"black-forest-labs/FLUX.1-dev","prompt":"x"}',
    },
    {
      path: '/v1/fine-tunes',
      body: '{"model":"Qwen/Qwen2.5-7B-Instruct-Turbo","training_file":"f"}',
    },
    { path: '/v1/batches', body: '{"endpoint":"/v1/chat/completions","input_file_id":"f"}' },
    { path: '/v1/nothing', body: '{' },
  ]
  let sent = 0
  const stretch: Stretch = (count) => {
    for (const end = sent + count; sent < end; sent += 1) {
      const { path, body } = requests[sent % requests.length] ?? { path: '/', body: '' }
      // Keys come and go: each is one of a hundred for a while and never seen again.
      const key = `Bearer key-${Math.floor(sent / 10_000)}-${sent % 100}`
      mock.handle({ method: 'POST', path, headers: { authorization: key }, body }, sent * 10)
    }
    return Promise.resolve(usageNow().heapBytes)
  }
  return { stretch, stop: () => Promise.resolve() }
}

/** Over loopback: the heap is that of the server's process. */
async function stretchByHttp(): Promise<Stretches> {
  const server = await startServer('mock')
  const stretch = async (requests: number): Promise<number> => {
    const part = Math.ceil(requests / benchCases.length)
    for (const benchCase of benchCases) {
      await load(server.url, benchCase, { connections: 50, requests: part })
    }
    return (await server.usage()).heapBytes
  }
  return { stretch, stop: server.stop }
}

async function measure({ requests }: MemoryBenchOptions, stretch: Stretch): Promise<number[]> {
  const heaps: number[] = []
  for (let sample = 1; sample <= samples; sample += 1) {
    const heapBytes = await stretch(Math.ceil(requests / samples))
    const answered = Math.ceil(requests / samples) * sample
    const text = `${answered.toLocaleString('en-US').padStart(9)} requests`
    process.stdout.write(`${text}  ${toMiB(heapBytes)} MiB of heap\n`)
    heaps.push(heapBytes)
  }
  return heaps
}

async function main(args: readonly string[]): Promise<void> {
  let options: MemoryBenchOptions
  try {
    options = parseMemoryBench(args)
  } catch (error) {
    process.stderr.write(`${String(error)}\n`)
    process.exitCode = 2
    return
  }
  if (globalThis.gc === undefined) throw new Error('the heap is measured with --expose-gc')
  const { stretch, stop } = options.isHttp ? await stretchByHttp() : stretchByCalls()
  const heaps = await measure(options, stretch)
  await stop()
  const grownBytes = Math.max(...heaps) - (heaps[0] ?? NaN)
  const isFlat = grownBytes <= growthBytesMax
  const bound = `allowed are ${toMiB(growthBytesMax)} MiB over the first figure`
  process.stdout.write(`${isFlat ? 'flat' : 'GROWING'}: by ${toMiB(grownBytes)} MiB, ${bound}\n`)
  if (!isFlat) process.exitCode = 1
}

function toMiB(bytes: number): string {
  return (bytes / 1_048_576).toFixed(2)
}

await main(process.argv.slice(2))

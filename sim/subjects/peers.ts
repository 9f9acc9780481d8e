/** The packages that people use for this, as subjects. Each is a file of its name in sim/subjects/peers/. */

export interface Peer {
  /** Of the subject and its file. */
  readonly name: string
  readonly package: string
  /** What it brings; the other half is the shipped module's. */
  readonly part: 'limiter' | 'retry'
  /** As it is set for N requests a minute. */
  readonly setup: string
}

export const peers: readonly Peer[] = [
  limiter('p-queue', 'intervalCap N, interval 60 s'),
  limiter('p-queue-strict', 'intervalCap N, interval 60 s, strict', 'p-queue'),
  limiter('p-throttle', 'limit N, interval 60 s'),
  limiter('p-throttle-strict', 'limit N, interval 60 s, strict', 'p-throttle'),
  limiter('bottleneck', 'reservoir N, refreshed to N every 60 s'),
  limiter('bottleneck-min-time', 'minTime 60 s / N', 'bottleneck'),
  limiter('limiter', 'RateLimiter, N tokens a minute'),
  limiter('async-sema', 'RateLimit N, timeUnit 60 s'),
  limiter('async-sema-uniform', 'RateLimit N, timeUnit 60 s, uniformDistribution', 'async-sema'),
  limiter('rate-limiter-flexible', 'RateLimiterQueue over RateLimiterMemory, N points in 60 s'),
  limiter('p-ratelimit', 'interval 60 s, rate N'),
  retry('p-retry', 'throws on 429 and 5xx, AbortError on the rest'),
  retry('together-ai', 'the client’s own retry, the limiter in its fetch'),
  retry('openai', 'the client’s own retry, the limiter in its fetch'),
]

/** The file of a peer, from this folder. */
export function peerFile(name: string): string | undefined {
  return peers.some((peer) => peer.name === name) ? `./peers/${name}.ts` : undefined
}

function limiter(name: string, setup: string, packageName = name): Peer {
  return { name, package: packageName, part: 'limiter', setup }
}

function retry(name: string, setup: string): Peer {
  return { name, package: name, part: 'retry', setup }
}

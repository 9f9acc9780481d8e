/** What each invariant says, in the words of the README's table of guarantees. */
import type { InvariantName } from '../../invariants/types.ts'

export const meanings: Readonly<Record<InvariantName, string>> = {
  'never-exceeds-quota':
    'alone on its key, never refused for rate by a server with fixed windows, a sliding log or a token bucket',
  'concurrency-caps-hold': 'never more jobs, batches or requests at once than allowed',
  'fifo-within-key':
    'within one endpoint class, model and priority, earlier calls are granted first',
  'every-call-settles-once': 'every call resolves or rejects, once',
  'retry-after-is-honoured':
    'nothing is sent before the time that the server named; a 429 holds back all callers of that key',
  'only-retryable-is-retried':
    'there is no second attempt after an answer that a retry cannot cure',
  'attempts-are-bounded':
    'never more attempts than configured, none longer than its timeout, and no call beyond its deadline',
  'gives-up-for-a-reason':
    'what a retry can cure is retried; a call that fails can say why, and nothing fails by a bug',
  'retry-budget-holds':
    'an outage is not answered with a multiple of the traffic: all callers of a limiter share one budget',
  'permits-are-conserved': 'when all is quiet, nothing is held and the whole quota is there again',
  'abort-is-prompt': 'a call that is aborted while it waits ends at once and spends no quota',
  'nothing-left-behind':
    'after the last call there is no timer, listener, unread body or open promise',
  'results-match-requests':
    "a long run hands out each input's own answer once and in order, or names the input as refused",
  'fallback-is-tried':
    'a request of a long run whose model has no capacity goes to a fallback next, where one has not just refused',
  'waits-after-a-conflict':
    'after a 409 on a fine-tune, the next one waits for a look at the list that shows a free place',
  'accounting-adds-up': "the limiter's counters equal what the network carried",
  'uses-the-quota':
    'with enough work waiting, the quota is used, but for what the first promise costs',
  'drains-after-faults':
    'once faults stop, all work ends within a bound that is computed beforehand',
  'throughput-recovers':
    'once faults stop, 95 % of the quota is in use again within a bound that is computed beforehand',
  'adapts-to-refusals':
    'under a limit that moves, requests come further apart after a 429 than before it',
  'overload-keeps-the-rate': 'under a limit that moves, a 503 does not slow requests down',
  'finds-the-rate':
    'under a limit that grows with its use, a client that always has work does not stay at the base',
  'same-seed-same-trace':
    'a seed gives the same trace in another process, with twice the turns of the event loop, and over HTTP',
}

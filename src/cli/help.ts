/**
 * What `--help` prints.
 */
import { batchDefaults, embedDefaults, runDefaults } from '../batch/index.ts'
import { exitCodes } from './command-error.ts'

const minuteMs = 60_000

/** @internal */
export const helpText: string = `Usage: together-rate-limits COMMAND --input FILE.jsonl --output FILE.jsonl [flags]

Works through a file of JSON lines at the speed of the quota. The output is the checkpoint: started again with the same
files, a command goes on where it stopped, at whatever moment that was.

Commands:
  embed   {"custom_id": "a", "text": "..."} becomes {"custom_id": "a", "model": "...", "embedding": [...]}
  run     {"custom_id": "a", "body": {...}} becomes {"custom_id": "a", "response": {"status_code": 200, "body": {...}}};
          a "url" beside it names another path than /v1/chat/completions
  batch   the same in batches: within a day, at the price of batches
  What is refused becomes {"custom_id": "a", "error": {"message": "...", "status": 400}}.

Flags:
  --input FILE         what to do; it must not change until all is done
  --output FILE        what came of it, in the order of the input once all is done
  --model NAME         the model; for run and batch, that of requests whose body names none
  --fallback-model M   run: who answers while a request's own model is overloaded (503); may be repeated
  --batch-size N       embed: texts in a request (default ${embedDefaults.batchSize})
  --dimensions N       embed: numbers in a vector, for models that leave the choice
  --profile NAME       the limits of the key: documented, dynamic, tier-free, tier-1 to tier-5 (default documented)
  --max-per-minute N   requests a minute instead
  --in-flight N        requests under way at once, waiting ones included (default ${runDefaults.inFlightMax})
  --outage-minutes N   how long the service may be down before the command stops (default ${runDefaults.outageMsMax / minuteMs})
  --poll-seconds N     batch: the shortest wait between two looks at a batch (default ${batchDefaults.pollMsMin / 1_000}, the longest is twice that)
  --retry-failed       send again what an earlier start was refused
  --no-model-check     do not look the models up before the first request
  --quiet              no progress
  --help, --version

The key is taken from TOGETHER_API_KEY, the address from TOGETHER_BASE_URL (default https://api.together.xyz/v1).

Exit codes:
  ${exitCodes.done}    every item has its result
  ${exitCodes.someFailed}    every item was dealt with, some were refused: look for "error" in the output
  ${exitCodes.misused}    the command line, the input or the output is wrong; nothing was sent
  ${exitCodes.stopped}    it had to stop, the message says why; start it again
  ${exitCodes.broken}    a fault of this program
  ${exitCodes.interrupted}  Ctrl-C (${exitCodes.terminated}: SIGTERM); start it again to go on
`

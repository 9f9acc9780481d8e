/**
 * Reads the text format of Prometheus, strictly: a line that it does not know is an error.
 */

const sample =
  /^([a-z_]+(?:\{[a-z]+="(?:[^"\\\n]|\\["\\n])*"(?:,[a-z]+="(?:[^"\\\n]|\\["\\n])*")*\})?) (\S+)$/
const comment = /^# (?:HELP [a-z_]+ \S.*|TYPE [a-z_]+ (?:counter|gauge|histogram))$/

/** The samples, by name and labels as they are written. @internal */
export function readMetrics(text: string): Map<string, number> {
  const metrics = new Map<string, number>()
  for (const line of text.split('\n')) {
    if (line === '' || comment.test(line)) continue
    const [, name, value] = sample.exec(line) ?? []
    if (name === undefined || value === undefined || Number.isNaN(Number(value))) {
      throw new Error(`no sample: ${line}`)
    }
    if (metrics.has(name)) throw new Error(`twice: ${line}`)
    metrics.set(name, Number(value))
  }
  return metrics
}

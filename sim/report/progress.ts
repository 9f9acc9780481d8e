/** A line that counts the runs, on a terminal only. */

export class Progress {
  readonly #total: number
  #done = 0

  constructor(total: number) {
    this.#total = total
  }

  add(): void {
    this.#done += 1
    if (process.stderr.isTTY) process.stderr.write(`\r${this.#done} of ${this.#total} runs`)
  }

  end(): void {
    if (process.stderr.isTTY) process.stderr.write('\r\u001B[K')
  }
}

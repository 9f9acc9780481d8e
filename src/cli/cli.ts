#!/usr/bin/env node
/**
 * `together-rate-limits`: the command line around the long runs.
 */
import process from 'node:process'
import { main } from './main.ts'

// Whoever read them may be gone, as `head` is after some lines: the work goes on, its output is a file.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)

process.exitCode = await main(process.argv.slice(2), {
  stdout: (text) => process.stdout.write(text),
  screen: {
    isTerminal: process.stderr.isTTY,
    get width() {
      return process.stderr.columns
    },
    write: (text) => process.stderr.write(text),
  },
  onSignal: (listener) => {
    const names = ['SIGINT', 'SIGTERM'] as const
    for (const name of names) process.on(name, listener)
    return () => {
      for (const name of names) process.off(name, listener)
    }
  },
})

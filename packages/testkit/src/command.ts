// SPDX-License-Identifier: Apache-2.0
import { type ChildProcess, spawn } from 'node:child_process'

/** A program started by a test. */
export interface RunningCommand {
  readonly pid: number
  /** Everything written so far, both streams. */
  output(): string
  /** Resolves with the first match of `pattern` in the output; rejects when the program ends before. */
  waitFor(pattern: RegExp): Promise<RegExpExecArray>
  /** Sends `signal` and waits for the end; kills after `graceMillis`. */
  stop(signal?: NodeJS.Signals, graceMillis?: number): Promise<ExitOfCommand>
  /** Resolves when the program has ended. */
  readonly exited: Promise<ExitOfCommand>
}

export interface ExitOfCommand {
  code: number | null
  signal: NodeJS.Signals | null
}

/** Starts a program and watches its output. The test must call `stop`, by id and nothing else ends. */
export function startCommand(
  command: string,
  args: readonly string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
): RunningCommand {
  const child: ChildProcess = spawn(command, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  const waiting = new Set<() => void>()
  const take = (chunk: Buffer) => {
    text += chunk.toString()
    for (const look of waiting) look()
  }
  child.stdout?.on('data', take)
  child.stderr?.on('data', take)
  let ended = false
  const exited = new Promise<ExitOfCommand>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      ended = true
      resolve({ code, signal })
      for (const look of waiting) look()
    })
  })

  return {
    pid: child.pid ?? -1,
    output: () => text,
    exited,
    waitFor(pattern) {
      return new Promise((resolve, reject) => {
        const look = () => {
          const match = pattern.exec(text)
          if (match === null && !ended) return
          waiting.delete(look)
          if (match === null)
            reject(new Error(`${command} ${args.join(' ')} ended before ${pattern} appeared; its output:\n${text}`))
          else resolve(match)
        }
        waiting.add(look)
        look()
      })
    },
    async stop(signal = 'SIGTERM', graceMillis = 10_000) {
      if (!ended) child.kill(signal)
      const killer = setTimeout(() => child.kill('SIGKILL'), graceMillis)
      const exit = await exited
      clearTimeout(killer)
      return exit
    },
  }
}

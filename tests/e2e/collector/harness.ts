// SPDX-License-Identifier: Apache-2.0
// The built command as its users run it: a process with arguments, output, signals and an exit code.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { batchFromJson, type Signal } from '@otel-ts/otlp'
import { type ExitOfCommand, type RunningCommand, startCommand } from '@otel-ts/testkit'
import { afterEach, beforeEach } from 'vitest'

/** The committed entry of the command. */
export const bin = fileURLToPath(new URL('../../../packages/cli/bin/otel-ts.js', import.meta.url))

/** Folder of the running test. */
export let folder = ''
const commands: RunningCommand[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'otel-ts-e2e-'))
})
afterEach(async () => {
  for (const command of commands.splice(0)) await command.stop('SIGKILL')
  await rm(folder, { recursive: true })
})

/** Starts `otel-ts` with these arguments; it is ended with the test. */
export function otelTs(...args: string[]): RunningCommand {
  const command = startCommand(process.execPath, [bin, ...args], { cwd: folder })
  commands.push(command)
  return command
}

/** Runs `otel-ts` to its end. */
export async function run(...args: string[]): Promise<ExitOfCommand & { output: string }> {
  const command = otelTs(...args)
  const exit = await command.exited
  return { ...exit, output: command.output() }
}

/** Writes a file into the folder of the test and returns its path. */
export async function file(name: string, text: string): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, text)
  return path
}

/** Base URL of the OTLP receiver of a running `collect`. */
export async function receiverUrl(command: RunningCommand): Promise<string> {
  const [, address] = await command.waitFor(/Listening for OTLP over HTTP +address=(\S+)/)
  await command.waitFor(/Everything is ready/)
  return `http://${address}`
}

/** A port that somebody else listens on. */
export async function takenPort(): Promise<{ port: number; free(): Promise<void> }> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    free: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

/** Items in a file that the `file` exporter has written, by signal. */
export async function itemCounts(path: string): Promise<Record<Signal, number>> {
  const counts = { traces: 0, metrics: 0, logs: 0 }
  const keys = { resourceSpans: 'traces', resourceMetrics: 'metrics', resourceLogs: 'logs' } as const
  for (const line of (await readFile(path, 'utf8')).split('\n')) {
    if (line === '') continue
    const [key] = Object.keys(JSON.parse(line)) as (keyof typeof keys)[]
    const signal = keys[key!]
    counts[signal] += batchFromJson(signal, Buffer.from(line)).itemCount
  }
  return counts
}

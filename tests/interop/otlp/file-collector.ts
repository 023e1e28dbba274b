// SPDX-License-Identifier: Apache-2.0
// Our Collector as its users start it, with the `file` exporter behind it.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Signal, signals } from '@otel-ts/otlp'
import { type RunningCommand, startCommand } from '@otel-ts/testkit'
import { expect } from 'vitest'
import { groupsOf, type Json, linesOf } from './canonical-json.ts'

/** The committed entry of the command. */
export const otelTs = fileURLToPath(new URL('../../../packages/cli/bin/otel-ts.js', import.meta.url))

/** A Collector that writes what it receives into one file a signal. */
export interface FileCollector {
  /** `127.0.0.1:port` of each protocol. */
  readonly grpc: string
  readonly http: string
  /** Folder that goes with it; peers may write there too. */
  readonly folder: string
  readonly command: RunningCommand
  /** Ends it with SIGTERM, which must leave nothing unwritten, and reads what it has written. */
  finish(): Promise<Map<Signal, Json[]>>
  /** Ends it, whatever state it is in, and removes the folder. */
  dispose(): Promise<void>
}

/** Starts it; `protocol` adds keys to the blocks of the protocols, such as `tls`. */
export async function startFileCollector(protocol: object = {}): Promise<FileCollector> {
  const folder = mkdtempSync(join(tmpdir(), 'otel-ts-interop-'))
  const pathOf = (signal: Signal): string => join(folder, `${signal}.jsonl`)
  const pipeline = (signal: Signal): object => ({
    receivers: ['otlp'],
    processors: ['memory_limiter', 'batch'],
    exporters: [`file/${signal}`],
  })
  const endpoint = '127.0.0.1:0'
  const config = {
    receivers: { otlp: { protocols: { grpc: { endpoint, ...protocol }, http: { endpoint, ...protocol } } } },
    processors: { batch: { timeout: '100ms' }, memory_limiter: { check_interval: '1s', limit_mib: 256 } },
    exporters: Object.fromEntries(signals.map((signal) => [`file/${signal}`, { path: pathOf(signal) }])),
    service: { pipelines: Object.fromEntries(signals.map((signal) => [signal, pipeline(signal)])) },
  }
  // JSON is YAML.
  writeFileSync(join(folder, 'collector.yaml'), JSON.stringify(config))
  const command = startCommand(process.execPath, [otelTs, 'collect', '--config', join(folder, 'collector.yaml')])
  const addressOf = async (name: string): Promise<string> =>
    (await command.waitFor(new RegExp(`Listening for OTLP over ${name} +address=(\\S+)`)))[1]!
  const dispose = async (): Promise<void> => {
    await command.stop('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    const [grpc, http] = [await addressOf('gRPC'), await addressOf('HTTP')]
    await command.waitFor(/Everything is ready/)
    return {
      grpc,
      http,
      folder,
      command,
      async finish() {
        expect(await command.stop(), command.output()).toEqual({ code: 0, signal: null })
        return new Map(
          signals.map((signal) => {
            const lines = existsSync(pathOf(signal)) ? linesOf(pathOf(signal)) : []
            return [signal, lines.flatMap((request) => groupsOf(signal, request))]
          }),
        )
      },
      dispose,
    }
  } catch (error) {
    await dispose()
    throw error
  }
}

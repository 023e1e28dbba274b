// SPDX-License-Identifier: Apache-2.0
// Our Collector with the `file` exporter behind it.
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Signal, signals } from '@otel-ts/otlp'
import { expect } from 'vitest'
import { groupsOf, type Json, linesOf } from './canonical-json.ts'
import { startOurCollector } from './our-collector.ts'

/** A Collector that writes what it receives into one file a signal. */
export interface FileCollector {
  /** `127.0.0.1:port` of each protocol. */
  readonly grpc: string
  readonly http: string
  /** Folder that goes with it; peers may write there too. */
  readonly folder: string
  /** Ends it with SIGTERM, which must leave nothing unwritten, and reads what it has written. */
  finish(): Promise<Map<Signal, Json[]>>
  /** Ends it, whatever state it is in, and removes the folder. */
  dispose(): Promise<void>
}

/** Starts it. */
export async function startFileCollector(): Promise<FileCollector> {
  const folder = mkdtempSync(join(tmpdir(), 'otel-ts-files-'))
  const pathOf = (signal: Signal): string => join(folder, `${signal}.jsonl`)
  const pipeline = (signal: Signal): object => ({
    receivers: ['otlp'],
    processors: ['memory_limiter', 'batch'],
    exporters: [`file/${signal}`],
  })
  const endpoint = '127.0.0.1:0'
  const { grpc, http, command, dispose } = await startOurCollector({
    receivers: { otlp: { protocols: { grpc: { endpoint }, http: { endpoint } } } },
    processors: { batch: { timeout: '100ms' }, memory_limiter: { check_interval: '1s', limit_mib: 256 } },
    exporters: Object.fromEntries(signals.map((signal) => [`file/${signal}`, { path: pathOf(signal) }])),
    service: { pipelines: Object.fromEntries(signals.map((signal) => [signal, pipeline(signal)])) },
  })
  return {
    grpc: grpc!,
    http: http!,
    folder,
    async finish() {
      expect(await command.stop(), command.output()).toEqual({ code: 0, signal: null })
      return new Map(
        signals.map((signal) => {
          const lines = existsSync(pathOf(signal)) ? linesOf(pathOf(signal)) : []
          return [signal, lines.flatMap((request) => groupsOf(signal, request))]
        }),
      )
    },
    async dispose() {
      await dispose()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

// SPDX-License-Identifier: Apache-2.0
import { existsSync, readFileSync } from 'node:fs'
import type { RunningCommand } from '@otel-ts/testkit'
import { startOurCollector } from '../otlp/our-collector.ts'
import { type Pair, pairName } from './destinations.ts'

/** Our Collector with an exporter for each pair. */
export interface Sender {
  /** `127.0.0.1:port` of its receiver. */
  readonly address: string
  readonly command: RunningCommand
  /** Largest resident size so far, from the kernel; undefined where there is no /proc. */
  peakResidentMib(): number | undefined
  dispose(): Promise<void>
}

/** Starts it: every item goes to every pair, through a queue for each pair and signal, retried until it is taken. */
export async function startSender(addresses: ReadonlyMap<Pair, string>): Promise<Sender> {
  const exporters: Record<string, object> = {}
  for (const [pair, address] of addresses) {
    const common = {
      headers: { 'x-pair': pairName(pair) },
      timeout: '1s',
      retry_on_failure: { initial_interval: '100ms', max_interval: '500ms', max_elapsed_time: '0s' },
      sending_queue: { num_consumers: 4 },
    }
    const id = pairName(pair).replace(/[ /]/g, '-')
    if (pair.protocol === 'grpc') {
      exporters[`otlp_grpc/${id}`] = { ...common, endpoint: address, tls: { insecure: true } }
    } else {
      const encoding = pair.protocol === 'http/json' ? 'json' : 'proto'
      exporters[`otlp_http/${id}`] = { ...common, endpoint: `http://${address}`, encoding }
    }
  }
  const pipeline = { receivers: ['otlp'], exporters: Object.keys(exporters) }
  const { http, command, dispose } = await startOurCollector({
    receivers: { otlp: { protocols: { http: { endpoint: '127.0.0.1:0' } } } },
    exporters,
    service: { pipelines: { traces: pipeline, metrics: pipeline, logs: pipeline } },
  })
  return { address: http!, command, peakResidentMib: () => peakResidentMib(command.pid), dispose }
}

function peakResidentMib(pid: number): number | undefined {
  const path = `/proc/${pid}/status`
  if (!existsSync(path)) return undefined
  return Math.round(Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(path, 'utf8'))![1]) / 1024)
}

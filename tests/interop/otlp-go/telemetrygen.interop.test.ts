// SPDX-License-Identifier: Apache-2.0
// The load generator of Collector contrib against our Collector: everything it says it sent arrives.
import { execFileSync } from 'node:child_process'
import { type Signal, signals } from '@otel-ts/otlp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Json } from '../otlp/canonical-json.ts'
import { type FileCollector, startFileCollector } from '../otlp/file-collector.ts'
import { goPeerOrSkip } from '../otlp/go-collector.ts'

const program = goPeerOrSkip('telemetrygen')
const workerCount = 2
const countOfWorker = 500

describe.skipIf(program === undefined).each(['grpc', 'http'] as const)('telemetrygen over %s', (protocol) => {
  let collector: FileCollector | undefined
  let received = new Map<Signal, Json[]>()

  beforeAll(async () => {
    collector = await startFileCollector()
    for (const signal of signals) {
      const args = [signal, '--otlp-endpoint', collector[protocol], '--otlp-insecure', '--rate', '0']
      args.push('--workers', `${workerCount}`, `--${signal}`, `${countOfWorker}`, '--service', 'generated')
      if (protocol === 'http') args.push('--otlp-http')
      execFileSync(program!, args, { stdio: 'pipe', timeout: 60_000 })
    }
    received = await collector.finish()
  })

  afterAll(() => collector?.dispose())

  // A trace is a span and one child.
  test.each([
    ['traces', 'spans', 2 * workerCount * countOfWorker],
    ['metrics', 'dataPoints', workerCount * countOfWorker],
    ['logs', 'logRecords', workerCount * countOfWorker],
  ] as const)('all %s arrive', (signal, key, count) => {
    expect(countOf(received.get(signal)!, key)).toBe(count)
    expect(JSON.stringify(received.get(signal)![0])).toContain('"service.name","value":{"stringValue":"generated"}')
  })
})

/** Elements of all lists under this key. */
function countOf(value: Json, key: string): number {
  if (value === null || typeof value !== 'object') return 0
  let count = 0
  for (const [name, inner] of Object.entries(value)) {
    count += name === key && Array.isArray(inner) ? inner.length : countOf(inner, key)
  }
  return count
}

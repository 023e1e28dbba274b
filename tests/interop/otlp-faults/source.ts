// SPDX-License-Identifier: Apache-2.0
// Items with running numbers, so that what is missing or came twice can be told.
import type { Batch, Metric, ResourceLogs, ResourceMetrics, ResourceSpans, Signal } from '@otel-ts/otlp'
import { signals } from '@otel-ts/otlp'
import { createOtlpHttpClient } from '@otel-ts/otlp/client'

const itemsPerRequest = 20

/** Sends requests at a steady rate, and knows what was acknowledged. */
export interface Source {
  /** Numbers of the items whose request was answered with success, and when it was sent. */
  readonly acknowledged: Readonly<Record<Signal, Map<number, number>>>
  /** Requests answered otherwise. */
  readonly refusedCount: number
  /** The number that the next item of a signal gets. */
  next(signal: Signal): number
  /** Resolves when nothing more is under way. */
  stop(): Promise<void>
}

/** Starts sending to an OTLP/HTTP receiver: one request of 20 items each `intervalMillis` for each signal. */
export function startSource(address: string, intervalMillis: number): Source {
  const client = createOtlpHttpClient({
    url: {
      traces: `http://${address}/v1/traces`,
      metrics: `http://${address}/v1/metrics`,
      logs: `http://${address}/v1/logs`,
    },
    encoding: 'json',
    proxy: 'none',
  })
  const acknowledged = {
    traces: new Map<number, number>(),
    metrics: new Map<number, number>(),
    logs: new Map<number, number>(),
  }
  const next = { traces: 1, metrics: 1, logs: 1 }
  let refusedCount = 0
  let stopped = false

  const run = async (signal: Signal): Promise<void> => {
    while (!stopped) {
      const numbers = Array.from({ length: itemsPerRequest }, () => next[signal]++)
      const sentAt = performance.now()
      const body = Buffer.from(JSON.stringify(request(signal, numbers)))
      const outcome = await client.send({ signal, chunks: [body], itemCount: itemsPerRequest })
      if (outcome.result === 'accepted') for (const number of numbers) acknowledged[signal].set(number, sentAt)
      else refusedCount++
      await new Promise((resolve) => setTimeout(resolve, intervalMillis))
    }
  }
  const runs = signals.map(run)
  return {
    acknowledged,
    get refusedCount() {
      return refusedCount
    },
    next: (signal) => next[signal],
    async stop() {
      stopped = true
      await Promise.all(runs)
      await client.shutdown()
    },
  }
}

function request(signal: Signal, numbers: readonly number[]): object {
  if (signal === 'traces') {
    const spans = numbers.map((number) => ({
      traceId: '0af7651916cd43dd8448eb211c80319c',
      spanId: number.toString(16).padStart(16, '0'),
      name: 'numbered',
    }))
    return { resourceSpans: [{ scopeSpans: [{ spans }] }] }
  }
  if (signal === 'metrics') {
    const dataPoints = numbers.map((number) => ({ timeUnixNano: '1', asInt: `${number}` }))
    return { resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'numbered', gauge: { dataPoints } }] }] }] }
  }
  const logRecords = numbers.map((number) => ({ body: { intValue: `${number}` } }))
  return { resourceLogs: [{ scopeLogs: [{ logRecords }] }] }
}

/** Numbers of the items of a batch. */
export function numbersOf(batch: Batch): number[] {
  const numbers: number[] = []
  for (const group of batch.records() as readonly (ResourceSpans | ResourceMetrics | ResourceLogs)[]) {
    if ('scopeSpans' in group) {
      for (const { spans } of group.scopeSpans) numbers.push(...spans.map((span) => Number.parseInt(span.spanId, 16)))
    } else if ('scopeMetrics' in group) {
      for (const { metrics } of group.scopeMetrics) numbers.push(...metrics.flatMap(numbersOfMetric))
    } else {
      for (const { logRecords } of group.scopeLogs) numbers.push(...logRecords.map((record) => Number(record.body)))
    }
  }
  return numbers
}

const numbersOfMetric = (metric: Metric): number[] =>
  metric.data?.type === 'gauge' ? metric.data.dataPoints.map((point) => Number(point.value)) : []

// SPDX-License-Identifier: Apache-2.0
import type { Signal } from '@otel-ts/otlp'
import { type LoadResult, lateMillis } from './load.ts'

/** What a report says besides the figures of a run. */
export interface ReportSubject {
  readonly signal: Signal
  readonly protocol: string
  readonly endpoint: string
  readonly runId: number
  /** Items a second that were asked for; 0 = as many as possible. */
  readonly ratePerSecond: number
}

const units: Readonly<Record<Signal, string>> = { traces: 'spans', metrics: 'data points', logs: 'log records' }

/** One line for a terminal while it runs. */
export function statusLine(result: LoadResult, signal: Signal): string {
  const { sentItemCount, acceptedItemCount, rejectedItemCount, failedItemCount } = result
  const seconds = (result.elapsedMillis / 1000).toFixed(0)
  return [
    `${seconds} s`,
    `sent ${sentItemCount} ${units[signal]}`,
    `accepted ${acceptedItemCount} (${perSecond(acceptedItemCount, result)}/s)`,
    `rejected ${rejectedItemCount}`,
    `failed ${failedItemCount}`,
    `p99 ${millisText(result.latency.percentileMillis(0.99))}`,
  ].join(' · ')
}

/** The result as lines whose columns stand under each other. */
export function reportLines(result: LoadResult, subject: ReportSubject): string[] {
  const { latency, requestCount } = result
  const rows: (readonly [string, string | number, string])[] = [
    [
      'sent',
      result.sentItemCount,
      `${units[subject.signal]}, ${requestCount} requests, ${(result.sentByteCount / 1e6).toFixed(1)} MB, ${(result.elapsedMillis / 1000).toFixed(1)} s`,
    ],
    ['accepted', result.acceptedItemCount, `${perSecond(result.acceptedItemCount, result)}/s`],
    ['rejected', result.rejectedItemCount, 'taken out of accepted requests by the endpoint'],
    ['failed', result.failedItemCount, 'in requests that were refused or lost'],
    [
      'late',
      result.lateRequestCount,
      `requests more than ${lateMillis} ms behind schedule, at most ${millisText(result.maxLateMillis)}`,
    ],
    ['missed', result.missedRequestCount, 'requests due but not sent'],
  ]
  const lines = [
    `${subject.signal} over ${subject.protocol} to ${subject.endpoint}, ids of run ${subject.runId.toString(16).padStart(8, '0')}`,
  ]
  const width = Math.max(...rows.map(([, figure]) => String(figure).length))
  for (const [name, figure, text] of rows) lines.push(`${name.padEnd(9)} ${String(figure).padStart(width)}  ${text}`)
  const shares = [50, 90, 99].map((share) => `p${share} ${millisText(latency.percentileMillis(share / 100))}`)
  lines.push(`latency   ${shares.join(', ')}, max ${millisText(latency.maxMillis)}, from when a request was due`)
  return lines
}

/** What to say when the schedule was not kept; undefined when it was. */
export function shortfall(result: LoadResult, subject: ReportSubject): string | undefined {
  if (result.missedRequestCount === 0) return undefined
  const due = result.requestCount + result.missedRequestCount
  const share = ((100 * result.requestCount) / due).toFixed(1)
  return `Could not keep up: ${result.missedRequestCount} of ${due} requests that were due at ${subject.ratePerSecond}/s were not sent (${share} % were). Either the endpoint answers too slowly for --in-flight, or this process is at its limit.`
}

/** The result as one line of JSON, for programs. */
export function reportJson(result: LoadResult, subject: ReportSubject): string {
  const { latency, ...counts } = result
  return JSON.stringify({
    ...subject,
    ...counts,
    acceptedPerSecond: perSecond(result.acceptedItemCount, result),
    latencyMillis: {
      p50: latency.percentileMillis(0.5),
      p90: latency.percentileMillis(0.9),
      p99: latency.percentileMillis(0.99),
      max: latency.maxMillis,
    },
  })
}

function perSecond(count: number, result: LoadResult): number {
  return result.elapsedMillis === 0 ? 0 : Math.round((count * 1000) / result.elapsedMillis)
}

function millisText(millis: number): string {
  return `${millis < 10 ? millis.toFixed(1) : Math.round(millis)} ms`
}

// SPDX-License-Identifier: Apache-2.0
import { batchFromBytes, type Clock, formatJson, type OtlpClient, type OtlpEncoding, type Signal } from '@otel-ts/otlp'
import { LatencyHistogram } from './latency.ts'
import { Pacer } from './pacer.ts'
import { createTemplate, type Template } from './template.ts'

/** How much load to make, and where it goes. */
export interface LoadOptions {
  signal: Signal
  encoding: OtlpEncoding
  /** Requests go to them in turn. */
  clients: readonly OtlpClient[]
  clock: Clock
  /** Items a second; 0 = as fast as the endpoint answers. */
  ratePerSecond: number
  /** Items in one request; the last one may have fewer. */
  batchSize: number
  /** Infinity = until `itemCount` is reached. */
  durationMillis: number
  /** Items altogether; Infinity = until the time is over. */
  itemCount: number
  /** Requests that may wait for their answer at once. The generator falls behind its rate rather than pile up. */
  maxInFlight: number
  /** Upper half of all ids. */
  runId: number
  /** Whether each item has an attribute with its running number. */
  unique: boolean
  /** Called about once a second. */
  progress?(result: LoadResult): void
  abort: AbortSignal
}

/** What became of everything sent. `sent` = accepted + rejected + failed once the run is over. */
export interface LoadResult {
  sentItemCount: number
  /** Taken by the endpoint. */
  acceptedItemCount: number
  /** Refused by the endpoint in a partial success. */
  rejectedItemCount: number
  /** In requests that failed. */
  failedItemCount: number
  requestCount: number
  sentByteCount: number
  /** Until the last answer. */
  elapsedMillis: number
  /** Requests that left more than {@link lateMillis} after they were due. */
  lateRequestCount: number
  maxLateMillis: number
  /** Requests that were due before the end and were not sent. */
  missedRequestCount: number
  /** From when a request was due to its answer, failed ones included. */
  latency: LatencyHistogram
  lastError: string | undefined
}

/** Timers are exact to a millisecond or two; what is later than this is behind. */
export const lateMillis = 10

/** Sends requests on an open schedule until time or count are over, then waits for the last answers. */
export async function generateLoad(options: LoadOptions): Promise<LoadResult> {
  const { clock, batchSize, ratePerSecond, itemCount } = options
  const result: LoadResult = {
    sentItemCount: 0,
    acceptedItemCount: 0,
    rejectedItemCount: 0,
    failedItemCount: 0,
    requestCount: 0,
    sentByteCount: 0,
    elapsedMillis: 0,
    lateRequestCount: 0,
    maxLateMillis: 0,
    missedRequestCount: 0,
    latency: new LatencyHistogram(),
    lastError: undefined,
  }
  const whole = createTemplate(options.signal, Math.min(batchSize, itemCount), options.unique)
  const startMillis = clock.nowMillis()
  const endMillis = startMillis + options.durationMillis
  const pacer = new Pacer(startMillis, ratePerSecond / batchSize)
  let inFlight = 0
  let wake: (() => void) | undefined
  let nextProgressMillis = startMillis + 1000
  const answered = (): void => {
    inFlight--
    wake?.()
  }
  const answer = (): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve
    })

  while (result.sentItemCount < itemCount) {
    const now = clock.nowMillis()
    if (options.abort.aborted || now >= endMillis) {
      result.missedRequestCount = pacer.missedCount(Math.min(now, endMillis))
      break
    }
    if (now >= nextProgressMillis) {
      result.elapsedMillis = now - startMillis
      options.progress?.(result)
      nextProgressMillis += 1000
    }
    const waitMillis = pacer.waitMillis(now)
    if (waitMillis > 0) {
      await wait(clock, Math.min(waitMillis, 1000, endMillis - now), options.abort)
    } else if (inFlight >= options.maxInFlight) {
      // An answer ends the wait, and so takes its timer away.
      await wait(clock, Math.min(1000, endMillis - now), options.abort, (end) => {
        wake = end
      })
    } else {
      inFlight++
      const left = itemCount - result.sentItemCount
      const template = left >= batchSize ? whole : createTemplate(options.signal, left, options.unique)
      void sendOne(options, template, result, pacer.take(now)).then(answered)
    }
  }
  while (inFlight > 0) await answer()
  result.elapsedMillis = clock.nowMillis() - startMillis
  return result
}

async function sendOne(options: LoadOptions, template: Template, result: LoadResult, dueMillis: number): Promise<void> {
  const { clock, clients } = options
  const bytes = template.stamp(options.runId, result.sentItemCount + 1, BigInt(Date.now()) * 1_000_000n)
  const body = options.encoding === 'json' ? jsonOf(template.signal, bytes) : bytes
  const client = clients[result.requestCount % clients.length]!
  const lateBy = clock.nowMillis() - dueMillis
  if (lateBy > lateMillis) result.lateRequestCount++
  if (lateBy > result.maxLateMillis) result.maxLateMillis = lateBy
  result.sentItemCount += template.itemCount
  result.sentByteCount += body.length
  result.requestCount++
  const outcome = await client.send({ signal: template.signal, chunks: [body], itemCount: template.itemCount })
  result.latency.add(clock.nowMillis() - dueMillis)
  if (outcome.result === 'failed') {
    result.failedItemCount += template.itemCount
    result.lastError = outcome.error.message
    return
  }
  const rejected = Math.min(template.itemCount, Number(outcome.partialSuccess?.rejectedCount ?? 0n))
  result.rejectedItemCount += rejected
  result.acceptedItemCount += template.itemCount - rejected
  if (outcome.partialSuccess !== undefined && outcome.partialSuccess.message !== '') {
    result.lastError = outcome.partialSuccess.message
  }
}

function wait(clock: Clock, millis: number, abort: AbortSignal, started?: (end: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    if (abort.aborted) return resolve()
    const end = () => {
      timer.cancel()
      abort.removeEventListener('abort', end)
      resolve()
    }
    const timer = clock.after(millis, end)
    abort.addEventListener('abort', end, { once: true })
    started?.(end)
  })
}

// Ids and times stand as text in JSON, where they cannot be written over in place.
function jsonOf(signal: Signal, bytes: Uint8Array): Uint8Array {
  return Buffer.from(formatJson(signal, batchFromBytes(signal, bytes).records()))
}

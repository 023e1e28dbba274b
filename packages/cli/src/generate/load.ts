// SPDX-License-Identifier: Apache-2.0
import { batchFromBytes, type Clock, formatJson, type OtlpClient, type OtlpEncoding, type Signal } from '@otel-ts/otlp'
import type { Template } from './template.ts'

/** How much load to make, and where it goes. */
export interface LoadOptions {
  template: Template
  encoding: OtlpEncoding
  client: OtlpClient
  clock: Clock
  /** Items a second; 0 = as fast as the endpoint answers. */
  ratePerSecond: number
  durationMillis: number
  /** Requests that may wait for their answer at once. The generator falls behind its rate rather than pile up. */
  maxInFlight: number
  runId: number
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
  elapsedMillis: number
  lastError: string | undefined
}

/** Sends copies of the template at an even pace until the time is over, then waits for the last answers. */
export async function generateLoad(options: LoadOptions): Promise<LoadResult> {
  const { template, clock, ratePerSecond } = options
  const result: LoadResult = {
    sentItemCount: 0,
    acceptedItemCount: 0,
    rejectedItemCount: 0,
    failedItemCount: 0,
    requestCount: 0,
    sentByteCount: 0,
    elapsedMillis: 0,
    lastError: undefined,
  }
  const startMillis = clock.nowMillis()
  const intervalMillis = ratePerSecond === 0 ? 0 : (template.itemCount / ratePerSecond) * 1000
  let inFlight = 0
  let wake: (() => void) | undefined
  let nextProgressMillis = startMillis + 1000

  const answered = () => {
    inFlight--
    wake?.()
  }

  while (!options.abort.aborted) {
    const now = clock.nowMillis()
    if (now - startMillis >= options.durationMillis) break
    if (now >= nextProgressMillis) {
      result.elapsedMillis = now - startMillis
      options.progress?.(result)
      nextProgressMillis += 1000
    }
    const dueMillis = startMillis + result.requestCount * intervalMillis
    if (dueMillis > now) {
      await wait(clock, Math.min(dueMillis - now, 1000), options.abort)
    } else if (inFlight >= options.maxInFlight) {
      await new Promise<void>((resolve) => {
        wake = resolve
      })
      wake = undefined
    } else {
      inFlight++
      void sendOne(options, result).then(answered)
    }
  }
  result.elapsedMillis = clock.nowMillis() - startMillis
  while (inFlight > 0) {
    await new Promise<void>((resolve) => {
      wake = resolve
    })
  }
  return result
}

async function sendOne(options: LoadOptions, result: LoadResult): Promise<void> {
  const { template } = options
  const bytes = template.stamp(options.runId, result.sentItemCount + 1, BigInt(Date.now()) * 1_000_000n)
  const body = options.encoding === 'json' ? jsonOf(template.signal, bytes) : bytes
  result.sentItemCount += template.itemCount
  result.sentByteCount += body.length
  result.requestCount++
  const outcome = await options.client.send({ signal: template.signal, chunks: [body], itemCount: template.itemCount })
  if (outcome.result === 'failed') {
    result.failedItemCount += template.itemCount
    result.lastError = outcome.error.message
    return
  }
  const rejected = Number(outcome.partialSuccess?.rejectedCount ?? 0n)
  result.rejectedItemCount += rejected
  result.acceptedItemCount += template.itemCount - rejected
  if (outcome.partialSuccess !== undefined && outcome.partialSuccess.message !== '')
    result.lastError = outcome.partialSuccess.message
}

function wait(clock: Clock, millis: number, abort: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      timer.cancel()
      abort.removeEventListener('abort', end)
      resolve()
    }
    const timer = clock.after(millis, end)
    abort.addEventListener('abort', end)
  })
}

// Ids and times stand as text in JSON, where they cannot be written over in place.
function jsonOf(signal: Signal, bytes: Uint8Array): Uint8Array {
  return Buffer.from(formatJson(signal, batchFromBytes(signal, bytes).records()))
}

// SPDX-License-Identifier: Apache-2.0
import type { Signal } from '@otel-ts/otlp'
import type { OtlpClient, OtlpOutcome, OtlpRequest } from '@otel-ts/otlp/client'
import { type Clock, systemClock } from '@otel-ts/otlp/clock'
import { sdkEvents } from '../events.ts'

// Long enough that the restart of a collector is not yet news, short enough that somebody who looks for data finds it.
const silenceMillis = 30_000

/** What is watched, for messages. */
export interface WatchedEndpoint {
  readonly signal: Signal
  readonly destination: string
  readonly protocol: string
}

// Ends of a request that say nothing about the endpoint.
const ownFailures = new Set(['OTLP_SHUTDOWN', 'OTLP_ABORTED', 'OTLP_VALUE', 'OTLP_TOO_LARGE'])

/**
 * The client, with an eye on whether anything arrives: says so once when the first export fails, and later when one
 * fails and none has succeeded for 30 seconds; says so again, with what was lost meanwhile, when one succeeds.
 */
export function watchedClient(client: OtlpClient, endpoint: WatchedEndpoint, clock: Clock = systemClock): OtlpClient {
  let lastSuccessMillis: number | undefined
  let firstFailureMillis = 0
  let failedExportCount = 0
  let failedItemCount = 0
  let isReported = false

  function succeeded(): void {
    lastSuccessMillis = clock.nowMillis()
    if (isReported) {
      const forMillis = lastSuccessMillis - firstFailureMillis
      sdkEvents.endpointReached({ ...endpoint, failedExportCount, failedItemCount, forMillis })
    }
    failedExportCount = 0
    failedItemCount = 0
    isReported = false
  }

  function failed(outcome: Extract<OtlpOutcome, { result: 'failed' }>, itemCount: number): void {
    const { code } = outcome.error
    if (ownFailures.has(code) && outcome.httpStatus === undefined) return
    const now = clock.nowMillis()
    if (failedExportCount === 0) firstFailureMillis = now
    failedExportCount++
    failedItemCount += itemCount
    if (isReported) return
    const sinceSuccessMillis = lastSuccessMillis === undefined ? undefined : now - lastSuccessMillis
    if (sinceSuccessMillis !== undefined && sinceSuccessMillis < silenceMillis) return
    isReported = true
    sdkEvents.endpointNotReached({ ...endpoint, sinceSuccessMillis, error: outcome.error })
  }

  return {
    async send(request: OtlpRequest): Promise<OtlpOutcome> {
      const outcome = await client.send(request)
      if (outcome.result === 'accepted') succeeded()
      else failed(outcome, request.itemCount)
      return outcome
    },
    shutdown: () => client.shutdown(),
  }
}

// SPDX-License-Identifier: Apache-2.0
import { type Batch, type ConsumeContext, consumeError } from '@otel-ts/otlp'
import type { OtlpClient } from '@otel-ts/otlp/client'
import type { ComponentEvents } from '../self-telemetry/events.ts'

/** Sends one request and says in a pipeline's words how it ended: partial success is reported, failure rejects. */
export async function sendRequest(
  client: OtlpClient,
  events: ComponentEvents,
  batch: Batch,
  chunks: readonly Uint8Array[],
  context: ConsumeContext,
): Promise<void> {
  const { signal, itemCount } = batch
  const outcome = await client.send({ signal, chunks, itemCount, abort: context.signal })
  if (outcome.result === 'accepted') {
    if (outcome.partialSuccess !== undefined) events.partialSuccess({ signal, itemCount, ...outcome.partialSuccess })
    return
  }
  const { error, retryable, retryAfterMillis, grpcStatus } = outcome
  throw consumeError(error.code, error.message, {
    retryable,
    ...(retryAfterMillis === undefined ? {} : { retryAfterMillis }),
    ...(grpcStatus === undefined ? {} : { status: grpcStatus }),
    cause: error,
  })
}

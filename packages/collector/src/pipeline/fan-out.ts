// SPDX-License-Identifier: Apache-2.0
import { type Consume, type ConsumeError, consumeError, isConsumeError } from '@otel-ts/otlp'
import { messageOf } from '../errors.ts'

/**
 * Hands one batch to several consumers. Batches are immutable, so all share the one value. Waits for all of them, so that
 * a slow one cannot be overtaken by the answer of a quick one; one failure rejects, retryable if any failure is.
 *
 * @example
 * ```ts
 * import { fanOut } from '@otel-ts/collector'
 * import { batchFromRecords } from '@otel-ts/otlp'
 * const both = fanOut([async () => console.log('first'), async () => console.log('second')])
 * const context = { metadata: new Map(), signal: new AbortController().signal }
 * await both(batchFromRecords('logs', []), context)
 * ```
 */
export function fanOut(consumers: readonly Consume[]): Consume {
  if (consumers.length === 1) return consumers[0]!
  return async (batch, context) => {
    // async: a consumer that throws at once must not keep the batch from those after it.
    const results = await Promise.allSettled(consumers.map(async (consume) => consume(batch, context)))
    const failures: ConsumeError[] = []
    for (const result of results) {
      if (result.status === 'rejected') failures.push(asConsumeError(result.reason))
    }
    if (failures.length > 0) throw failures.length === 1 ? failures[0]! : join(failures)
  }
}

function join(failures: readonly ConsumeError[]): ConsumeError {
  const first = failures.find(({ retryable }) => retryable) ?? failures[0]!
  const waits = failures.map(({ retryAfterMillis }) => retryAfterMillis ?? 0)
  const retryAfterMillis = Math.max(...waits)
  const message = failures.map((failure) => failure.message).join('; ')
  return consumeError(first.code, message, {
    retryable: first.retryable,
    ...(retryAfterMillis > 0 ? { retryAfterMillis } : {}),
    ...(first.status === undefined ? {} : { status: first.status }),
    cause: failures,
  })
}

/** A component that breaks the contract and rejects with something else is taken as failed for good. */
export function asConsumeError(error: unknown): ConsumeError {
  if (isConsumeError(error)) return error
  return consumeError('COLLECTOR_COMPONENT', messageOf(error), { retryable: false, cause: error })
}

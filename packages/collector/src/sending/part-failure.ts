// SPDX-License-Identifier: Apache-2.0
import { type Batch, type ConsumeError, consumeError, mergeBatches, splitBySource } from '@otel-ts/otlp'

/**
 * What a failure of merged requests is to each of them; undefined where all of a request was taken. A sender told that
 * its data failed although it arrived would send it twice, and `rejected` must never hold the data of another sender.
 */
export function failuresOfParts(parts: readonly Batch[], failure: ConsumeError): (ConsumeError | undefined)[] {
  const { rejected } = failure
  if (rejected === undefined || parts.length === 1) return parts.map(() => failure)
  // Merging and resending keep the chunks of each source, so that their identity says whose they are.
  const left = new Set(rejected.chunks())
  const known = new Set(parts.flatMap((part) => part.chunks()))
  const isTraceable = [...left].every((chunk) => known.has(chunk))
  return parts.map((part) => {
    if (!isTraceable) return partFailure(failure, undefined)
    const mine = splitBySource(part).filter((source) => left.has(source.chunks()[0]!))
    if (mine.length === 0) return undefined
    return partFailure(failure, mine.length === part.chunks().length ? undefined : mergeBatches(mine))
  })
}

/** The same failure for other data; `rejected` undefined = all of it. */
export function partFailure(failure: ConsumeError, rejected: Batch | undefined): ConsumeError {
  const { code, message, retryable, retryAfterMillis, status } = failure
  return consumeError(code, message, {
    retryable,
    ...(retryAfterMillis === undefined ? {} : { retryAfterMillis }),
    ...(status === undefined ? {} : { status }),
    ...(rejected === undefined ? {} : { rejected }),
    cause: failure,
  })
}

// gRPC PERMISSION_DENIED, UNIMPLEMENTED, UNAUTHENTICATED (HTTP 403, 404, 401): about the sender or the address.
const aboutDestination: ReadonlySet<number | undefined> = new Set([7, 12, 16])

/** Whether a refusal for good may be the fault of one of several merged requests: only then are they worth sending apart. */
export function mayBeOneSource({ status }: ConsumeError): boolean {
  return !aboutDestination.has(status)
}

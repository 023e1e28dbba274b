// SPDX-License-Identifier: Apache-2.0
// What every client says of requests that it does not send, or gives up because it shuts down.
import type { OtlpError } from '../errors.ts'
import { otlpError } from '../errors.ts'
import { grpcStatus } from '../transport/status-code.ts'
import type { OtlpOutcome, OtlpRequest } from './client.ts'
import type { Delivery } from './delivery.ts'
import { itemsText } from './failure.ts'

/** The outcome of a request that no answer was got for. `status` is that of a gRPC call with this end. */
export function failedUnsent(error: OtlpError, retryable: boolean, status: number): OtlpOutcome {
  return { result: 'failed', error, retryable, retryAfterMillis: undefined, httpStatus: undefined, grpcStatus: status }
}

/** Asks for the headers of one request, and sends it when they are there. */
export async function sendWithFreshHeaders<Headers>(
  request: OtlpRequest,
  headers: () => Headers | Promise<Headers>,
  send: (request: OtlpRequest, headers: Headers) => Promise<OtlpOutcome>,
): Promise<OtlpOutcome> {
  let fresh: Headers
  try {
    fresh = await headers()
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error)
    // What makes headers usually asks another server for a token, so the next time may go well.
    return failedUnsent(
      otlpError(
        'OTLP_OPTION',
        `headers function: failed with "${text}"; expected is an object of header values; ${itemsText(request.signal, request.itemCount)} not sent`,
        error,
      ),
      true,
      grpcStatus.unavailable,
    )
  }
  return send(request, fresh)
}

/** The outcome of a request that came after `shutdown`. */
export function sentAfterShutdown(display: string, request: OtlpRequest): OtlpOutcome {
  return failedUnsent(
    otlpError(
      'OTLP_SHUTDOWN',
      `${display}: the client is shut down; expected is a client in use; ${itemsText(request.signal, request.itemCount)} not sent`,
    ),
    false,
    grpcStatus.unavailable,
  )
}

/** Ends deliveries under way, since the client shuts down. */
export function cancelAtShutdown(deliveries: Iterable<Delivery>): void {
  // A copy: each takes itself out of its client's set.
  for (const delivery of [...deliveries]) {
    delivery.cancel(
      otlpError(
        'OTLP_SHUTDOWN',
        `${delivery.display}: the client was shut down before an answer; ${delivery.items} not delivered as far as known`,
      ),
    )
  }
}

/** Bytes of a request before compression. */
export function requestByteCount(request: OtlpRequest): number {
  let byteCount = 0
  for (const chunk of request.chunks) byteCount += chunk.byteLength
  return byteCount
}

/** The outcome of a request above the client's own limit. */
export function requestTooLarge(
  display: string,
  request: OtlpRequest,
  byteCount: number,
  limitBytes: number,
): OtlpOutcome {
  return failedUnsent(
    otlpError(
      'OTLP_TOO_LARGE',
      `${display}: request of ${byteCount} bytes; the limit is ${limitBytes} bytes before compression; ${itemsText(request.signal, request.itemCount)} not sent: lower the batch size`,
    ),
    false,
    grpcStatus.resourceExhausted,
  )
}

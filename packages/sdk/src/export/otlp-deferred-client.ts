// SPDX-License-Identifier: Apache-2.0
import { otlpError } from '@otel-ts/otlp'
import type { OtlpClient, OtlpOutcome, OtlpRequest } from '@otel-ts/otlp/client'
import { messageOf } from '../events.ts'

/**
 * A client that is made on its first request: what makes it may load code that a process should not pay for at start,
 * or wait for an agent. When making it fails the request fails, and the next one tries again.
 */
export function deferredClient(destination: string, make: () => Promise<OtlpClient>): OtlpClient {
  let made: Promise<OtlpClient> | undefined
  let isShutDown = false

  async function send(request: OtlpRequest): Promise<OtlpOutcome> {
    if (isShutDown) {
      return failed(
        otlpError(
          'OTLP_SHUTDOWN',
          `${destination}: the client is shut down; expected is a client in use; ${request.itemCount} items not sent`,
        ),
      )
    }
    let client: OtlpClient
    try {
      made ??= make()
      client = await made
    } catch (error) {
      made = undefined
      return failed(
        otlpError(
          'OTLP_OPTION',
          `${destination}: its client cannot be made: ${messageOf(error)}; expected are options that it can use; ${request.itemCount} items not sent`,
          error,
        ),
      )
    }
    return client.send(request)
  }

  async function shutdown(): Promise<void> {
    isShutDown = true
    const client = await made?.catch(() => undefined)
    await client?.shutdown()
  }

  return { send, shutdown }
}

function failed(error: ReturnType<typeof otlpError>): OtlpOutcome {
  return {
    result: 'failed',
    error,
    retryable: false,
    retryAfterMillis: undefined,
    httpStatus: undefined,
    grpcStatus: undefined,
  }
}

// SPDX-License-Identifier: Apache-2.0
import type { OtlpError } from '../errors.ts'
import { parseHttpTarget } from '../transport/endpoint.ts'
import { parseGrpcTarget } from './grpc-target.ts'

/**
 * The error that `url` causes as an endpoint, or undefined when it can be used.
 *
 * @example
 * ```ts
 * import { checkOtlpUrl } from '@otel-ts/otlp/client'
 * console.log(checkOtlpUrl('https://example.com/v1/traces')) // undefined
 * console.log(checkOtlpUrl('localhost:4318')?.code) // OTLP_OPTION
 * ```
 */
export function checkOtlpUrl(url: string): OtlpError | undefined {
  const target = parseHttpTarget(url)
  return target instanceof Error ? target : undefined
}

/**
 * The error that `endpoint` causes as a target of gRPC, or undefined when it can be used.
 *
 * @example
 * ```ts
 * import { checkOtlpGrpcEndpoint } from '@otel-ts/otlp/client'
 * console.log(checkOtlpGrpcEndpoint('localhost:4317')) // undefined
 * console.log(checkOtlpGrpcEndpoint('xds:///collector')?.code) // OTLP_OPTION
 * ```
 */
export function checkOtlpGrpcEndpoint(endpoint: string): OtlpError | undefined {
  const target = parseGrpcTarget(endpoint)
  return target instanceof Error ? target : undefined
}

// SPDX-License-Identifier: Apache-2.0
import type { OtlpError } from '../errors.ts'
import { parseGrpcTarget } from './grpc-target.ts'

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

// SPDX-License-Identifier: Apache-2.0
// What settings of a client are checked and filled in with, without any client.

export { otlpSignalUrl } from '../transport/endpoint.ts'
export { defaultRetryPolicy } from '../transport/retry.ts'
export { checkOtlpGrpcEndpoint, checkOtlpUrl } from './check-endpoint.ts'

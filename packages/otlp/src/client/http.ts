// SPDX-License-Identifier: Apache-2.0
// The HTTP client without gRPC, and what checks settings of both: who starts or bundles with this does not load gRPC.

export { otlpSignalUrl } from '../transport/endpoint.ts'
export { defaultRetryPolicy } from '../transport/retry.ts'
export type { ClientTlsOptions } from '../transport/tls.ts'
export { createClientTls } from '../transport/tls.ts'
export type { OtlpClient, OtlpEncoding, OtlpOutcome, OtlpRequest, RetryPolicy } from './client.ts'
export { checkOtlpGrpcEndpoint } from './grpc-endpoint.ts'
export type { OtlpHeaders, OtlpHttpClientOptions } from './http-client.ts'
export { checkOtlpUrl, createOtlpHttpClient } from './http-client.ts'

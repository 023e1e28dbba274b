// SPDX-License-Identifier: Apache-2.0
// The HTTP client without gRPC: who starts or bundles with this one does not load the other.

export { otlpSignalUrl } from '../transport/endpoint.ts'
export { defaultRetryPolicy } from '../transport/retry.ts'
export type { ClientTlsOptions } from '../transport/tls.ts'
export { createClientTls } from '../transport/tls.ts'
export type { OtlpClient, OtlpEncoding, OtlpOutcome, OtlpRequest, RetryPolicy } from './client.ts'
export type { OtlpHeaders, OtlpHttpClientOptions } from './http-client.ts'
export { checkOtlpUrl, createOtlpHttpClient } from './http-client.ts'

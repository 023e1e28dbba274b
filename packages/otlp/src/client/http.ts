// SPDX-License-Identifier: Apache-2.0
// The HTTP client without gRPC: who loads or bundles it has nothing of the other.

export type { ClientTlsOptions } from '../transport/tls.ts'
export { createClientTls } from '../transport/tls.ts'
export type { OtlpHeaders, OtlpHttpClientOptions } from './http-client.ts'
export { createOtlpHttpClient } from './http-client.ts'

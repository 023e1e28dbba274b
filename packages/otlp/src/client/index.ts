// SPDX-License-Identifier: Apache-2.0

export { otlpSignalUrl } from '../transport/endpoint.ts'
export { defaultRetryPolicy } from '../transport/retry.ts'
export type { ClientTls, ClientTlsOptions, PemSource, TlsObserver, TlsOptions, TlsVersion } from '../transport/tls.ts'
export { createClientTls } from '../transport/tls.ts'
export { otlpUserAgent } from '../transport/version.ts'
export { checkOtlpGrpcEndpoint, checkOtlpUrl } from './check-endpoint.ts'
export type {
  OtlpClient,
  OtlpClientObserver,
  OtlpEncoding,
  OtlpOutcome,
  OtlpRequest,
  PartialSuccess,
  RetryPolicy,
} from './client.ts'
export type { HttpAgent } from './connections.ts'
export type { GrpcBalancer } from './grpc-channel.ts'
export type { OtlpGrpcClientOptions, OtlpGrpcHeaders, OtlpGrpcKeepAlive } from './grpc-client.ts'
export { createOtlpGrpcClient } from './grpc-client.ts'
export type { GrpcHeaderValues } from './grpc-headers.ts'
export type { AddressLookup } from './grpc-resolver.ts'
export type { OtlpHeaders, OtlpHttpClientOptions, OtlpHttpCompression } from './http-client.ts'
export { createOtlpHttpClient } from './http-client.ts'
export type { ProxySetting } from './proxy-environment.ts'

// SPDX-License-Identifier: Apache-2.0

export type { PemSource, ServerTls, ServerTlsOptions, TlsObserver, TlsOptions, TlsVersion } from '../transport/tls.ts'
export { createServerTls } from '../transport/tls.ts'
export type { CorsOptions } from './cors.ts'
export type { OtlpGrpcKeepAlive, OtlpGrpcServerOptions } from './grpc-server.ts'
export { createOtlpGrpcServer } from './grpc-server.ts'
export type { OtlpHttpServerOptions } from './http-server.ts'
export { createOtlpHttpServer } from './http-server.ts'
export type { OtlpHandler, OtlpServer, OtlpServerObserver, ParseLarge } from './server.ts'

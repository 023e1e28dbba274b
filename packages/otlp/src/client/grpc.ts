// SPDX-License-Identifier: Apache-2.0
// The gRPC client without the HTTP one.

export type { OtlpGrpcClientOptions, OtlpGrpcHeaders, OtlpGrpcKeepAlive } from './grpc-client.ts'
export { createOtlpGrpcClient } from './grpc-client.ts'

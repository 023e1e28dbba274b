// SPDX-License-Identifier: Apache-2.0

// A module of its own, so that it can be loaded with the first export over gRPC.
export { createOtlpGrpcClient } from '@otel-ts/otlp/client/grpc'

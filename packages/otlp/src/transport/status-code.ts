// SPDX-License-Identifier: Apache-2.0

/** gRPC status codes by name: grpc/doc/statuscodes.md. */
export const grpcStatus = {
  ok: 0,
  cancelled: 1,
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  alreadyExists: 6,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  aborted: 10,
  outOfRange: 11,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  dataLoss: 15,
  unauthenticated: 16,
} as const

/** HTTP status by which an OTLP/HTTP server answers a gRPC status of its pipeline. */
export function httpStatusOfGrpc(status: number): number {
  switch (status) {
    case grpcStatus.cancelled:
    case grpcStatus.deadlineExceeded:
    case grpcStatus.aborted:
    case grpcStatus.outOfRange:
    case grpcStatus.unavailable:
    case grpcStatus.dataLoss:
      return 503
    case grpcStatus.resourceExhausted:
      return 429
    case grpcStatus.invalidArgument:
      return 400
    case grpcStatus.unauthenticated:
      return 401
    case grpcStatus.permissionDenied:
      return 403
    case grpcStatus.unimplemented:
      return 404
    default:
      return 500
  }
}

/** gRPC status that an HTTP status amounts to, for a pipeline that passes it on. */
export function grpcStatusOfHttp(status: number): number {
  switch (status) {
    case 400:
      return grpcStatus.invalidArgument
    case 401:
      return grpcStatus.unauthenticated
    case 403:
      return grpcStatus.permissionDenied
    case 404:
      return grpcStatus.unimplemented
    case 413:
    case 429:
      return grpcStatus.resourceExhausted
    case 499:
      return grpcStatus.cancelled
    case 500:
      return grpcStatus.internal
    case 502:
    case 503:
    case 504:
      return grpcStatus.unavailable
    default:
      return grpcStatus.unknown
  }
}

// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../clock.ts'
import type { Signal } from '../model/resource.ts'
import type { CallTimers } from './grpc-call-timers.ts'
import type { Health } from './grpc-health.ts'
import type { ServingCore } from './in-flight.ts'

/** What is called at a path. */
export type GrpcRoute = { readonly kind: 'export'; readonly signal: Signal } | { readonly kind: 'check' | 'watch' }

/** What all calls of one gRPC server share. */
export interface GrpcServerCore extends ServingCore {
  readonly routes: ReadonlyMap<string, GrpcRoute>
  readonly health: Health
  readonly timers: CallTimers
  readonly maxReceiveMessageBytes: number
  readonly includeMetadata: boolean
  readonly readTimeoutMillis: number
  readonly clock: Clock
  /** Shutdown has begun. */
  draining: boolean
}

/** Service of each signal. */
export const grpcServices: Readonly<Record<Signal, string>> = {
  traces: 'opentelemetry.proto.collector.trace.v1.TraceService',
  metrics: 'opentelemetry.proto.collector.metrics.v1.MetricsService',
  logs: 'opentelemetry.proto.collector.logs.v1.LogsService',
}

// SPDX-License-Identifier: Apache-2.0
// The conformance suites on our own packages; tests/interop runs the same suites on npm's.
import * as api from '@otel-ts/api'
import * as sdk from '@otel-ts/sdk'
import { OTLPTraceExporter as GrpcExporter } from '@otel-ts/sdk/otlp-grpc'
import { OTLPTraceExporter as JsonExporter } from '@otel-ts/sdk/otlp-http'
import { OTLPTraceExporter as ProtobufExporter } from '@otel-ts/sdk/otlp-proto'
import { test } from 'vitest'
import type { Implementation } from './implementation.ts'
import { runSuites } from './suites/all.ts'

const implementation: Implementation = {
  name: 'otel-ts',
  api,
  sdk,
  otlpExporter: (way, options) =>
    new ({ grpc: GrpcExporter, json: JsonExporter, protobuf: ProtobufExporter })[way](options),
}

runSuites(implementation, test)

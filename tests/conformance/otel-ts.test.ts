// SPDX-License-Identifier: Apache-2.0
// The conformance suites on our own packages; tests/interop runs the same suites on npm's.
import * as api from '@otel-ts/api'
import { JaegerPropagator } from '@otel-ts/propagator-jaeger'
import { OTTracePropagator } from '@otel-ts/propagator-ot-trace'
import * as sdk from '@otel-ts/sdk'
import * as grpc from '@otel-ts/sdk/otlp-grpc'
import * as json from '@otel-ts/sdk/otlp-http'
import * as protobuf from '@otel-ts/sdk/otlp-proto'
import { test } from 'vitest'
import type { Implementation } from './implementation.ts'
import { runSuites } from './suites/all.ts'

const ways = { grpc, json, protobuf }

const implementation: Implementation = {
  name: 'otel-ts',
  api,
  sdk,
  jaegerPropagator: () => new JaegerPropagator(),
  otTracePropagator: () => new OTTracePropagator(),
  otlpExporter: (way, options) => new ways[way].OTLPTraceExporter(options),
  metricExporter: (way, options) => new ways[way].OTLPMetricExporter(options),
  logExporter: (way, options) => new ways[way].OTLPLogExporter(options),
}

runSuites(implementation, test)

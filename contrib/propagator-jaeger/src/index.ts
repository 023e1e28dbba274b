// SPDX-License-Identifier: Apache-2.0
export {
  JaegerPropagator,
  type JaegerPropagatorConfig,
  UBER_BAGGAGE_HEADER_PREFIX,
  UBER_TRACE_ID_HEADER,
} from './jaeger-propagator.ts'

// SPDX-License-Identifier: Apache-2.0
export {
  OT_BAGGAGE_PREFIX,
  OT_SAMPLED_HEADER,
  OT_SPAN_ID_HEADER,
  OT_TRACE_ID_HEADER,
  OTTracePropagator,
} from './ot-trace-propagator.ts'

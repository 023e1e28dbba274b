// SPDX-License-Identifier: Apache-2.0
import type { TextMapPropagator } from '@otel-ts/api'
import { CompositePropagator } from '../propagation/composite-propagator.ts'
import { W3CBaggagePropagator } from '../propagation/w3c-baggage-propagator.ts'
import { W3CTraceContextPropagator } from '../propagation/w3c-trace-context-propagator.ts'
import { readList } from './read.ts'

/** The propagators that `OTEL_PROPAGATORS` names; trace context and baggage when it names none; undefined for `none`. */
export function environmentPropagator(): TextMapPropagator | undefined {
  const names = readList('OTEL_PROPAGATORS') ?? ['tracecontext', 'baggage']
  if (names.includes('none')) return undefined
  const propagators = names.map((name) =>
    name === 'baggage' ? new W3CBaggagePropagator() : new W3CTraceContextPropagator(),
  )
  return propagators.length === 1 ? propagators[0] : new CompositePropagator({ propagators })
}

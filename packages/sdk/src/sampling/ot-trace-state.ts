// SPDX-License-Identifier: Apache-2.0
import { createTraceState, type TraceState } from '@otel-ts/api'
import { sdkEvents } from '../events.ts'

/** The member `ot` of a trace state, as far as samplers read it: trace/tracestate-handling.md. */
export interface OtelTraceState {
  /** `th`: rejection threshold of the spans before, 1 to 14 lower-case hex digits. */
  readonly threshold: string | undefined
  /** `rv`: explicit randomness, 14 lower-case hex digits; takes the place of the trace id's. */
  readonly randomness: string | undefined
  /** Every well-formed sub-key but `th`, as it came: none of them is ours to change. */
  readonly others: string
}

const maxLength = 256
const noSubKeys: OtelTraceState = Object.freeze({ threshold: undefined, randomness: undefined, others: '' })
const thresholdPattern = /^[0-9a-f]{1,14}$/
const randomnessPattern = /^[0-9a-f]{14}$/
const memberPattern = /^([a-z][a-z0-9]*):([A-Za-z0-9._-]*)$/

// Traffic repeats a handful of values: a parent's one stands in all its children. One comparison instead of parsing.
let lastText = ''
let lastParsed = noSubKeys

/**
 * Reads the member `ot`. Total: sub-keys that are malformed are left out, as is the second of two with one name, and
 * everything when it is longer than 256 characters.
 */
export function parseOtelTraceState(traceState: TraceState | undefined): OtelTraceState {
  const text = traceState?.get('ot')
  if (typeof text !== 'string' || text === '' || text.length > maxLength) return noSubKeys
  if (text === lastText) return lastParsed
  lastParsed = Object.freeze(parse(text))
  lastText = text
  return lastParsed
}

function parse(text: string): OtelTraceState {
  let threshold: string | undefined
  let randomness: string | undefined
  let others = ''
  const seen = new Set<string>()
  for (const member of text.split(';')) {
    const [, key, value] = memberPattern.exec(member) ?? []
    if (key === undefined || value === undefined || seen.has(key)) continue
    seen.add(key)
    if (key === 'th') {
      if (thresholdPattern.test(value)) threshold = value
      continue
    }
    if (key === 'rv' && randomnessPattern.test(value)) randomness = value
    others += others === '' ? member : `;${member}`
  }
  return { threshold, randomness, others }
}

/**
 * The trace state with another threshold, or without one; everything else stays. Where `th` finds no room in the 256
 * characters of `ot` it is left out, since an old one would be wrong, and a warning says so.
 */
export function withThreshold(
  traceState: TraceState | undefined,
  threshold: string | undefined,
): TraceState | undefined {
  const { others } = parseOtelTraceState(traceState)
  let text = others
  if (threshold !== undefined) text = others === '' ? `th:${threshold}` : `th:${threshold};${others}`
  if (text.length > maxLength) {
    sdkEvents.thresholdWithoutRoom(text.length)
    text = others
  }
  const present = traceState?.get('ot')
  if (text === (present ?? '')) return traceState
  if (text === '') return traceState?.unset('ot')
  return (traceState ?? createTraceState()).set('ot', text)
}

// SPDX-License-Identifier: Apache-2.0
import type { HrTime } from '@otel-ts/api'

/**
 * Epoch time at which the host's monotonic clock read 0. A span keeps the anchor it started on, so neither its
 * duration nor the order of its events can be bent by a step of the system clock.
 */
export interface TimeAnchor {
  readonly seconds: number
  readonly nanos: number
}

// A larger gap than this between anchor and system clock is a step or a suspend, not the millisecond that Date.now cuts off.
const toleranceMillis = 2
const recheckMillis = 1000

let anchor: TimeAnchor = anchorAt(performance.timeOrigin)
let nextCheckMillis = 0

function anchorAt(epochMillis: number): TimeAnchor {
  const seconds = Math.floor(epochMillis / 1000)
  return { seconds, nanos: Math.round((epochMillis - seconds * 1000) * 1e6) }
}

/** The anchor for a span that starts at `nowMillis` of `performance.now()`; compares it with the system clock once a second. */
export function currentAnchor(nowMillis: number): TimeAnchor {
  if (nowMillis >= nextCheckMillis) recheck()
  return anchor
}

function recheck(): void {
  const before = performance.now()
  const epochMillis = Date.now()
  const after = performance.now()
  // A pause between the readings would look like a step: look again at the next span.
  if (after - before > 0.5) return
  nextCheckMillis = after + recheckMillis
  const originMillis = epochMillis - before
  if (Math.abs(originMillis - (anchor.seconds * 1000 + anchor.nanos / 1e6)) > toleranceMillis) {
    anchor = anchorAt(originMillis)
  }
}

/** Where {@link resolveTime} and {@link stampTime} put their result: no array is made for a time that stays inside. */
export const stamped: { seconds: number; nanos: number } = { seconds: 0, nanos: 0 }

/** Puts `performance.now()` of a moment into `stamped`, relative to the anchor. */
export function stampTime(nowMillis: number): void {
  const seconds = Math.floor(nowMillis / 1000)
  stamped.seconds = seconds
  stamped.nanos = Math.floor((nowMillis - seconds * 1000) * 1e6)
}

/**
 * Puts a time that a user gave into `stamped`, relative to `base`: an HrTime, a Date, milliseconds since the epoch, or
 * a reading of `performance.now()` (any number not above the present one, as opentelemetry-js has it). Returns false,
 * with nothing stamped, for anything that is no time: NaN, infinities, invalid dates, bigint, malformed pairs.
 */
export function resolveTime(input: unknown, base: TimeAnchor): boolean {
  if (typeof input === 'number') {
    if (!Number.isFinite(input)) return false
    if (input <= performance.now()) stampTime(input)
    else stampEpochMillis(input, base)
    return true
  }
  try {
    return resolveTimeObject(input, base)
  } catch {
    // A proxy, or an array or a Date with methods of its own.
    return false
  }
}

function resolveTimeObject(input: unknown, base: TimeAnchor): boolean {
  if (Array.isArray(input)) {
    const seconds: unknown = input[0]
    const nanos: unknown = input[1]
    if (input.length !== 2 || !Number.isFinite(seconds) || !Number.isFinite(nanos)) return false
    stampEpoch(seconds as number, nanos as number, base)
    return true
  }
  if (input instanceof Date) {
    const epochMillis = input.getTime()
    if (!Number.isFinite(epochMillis)) return false
    stampEpochMillis(epochMillis, base)
    return true
  }
  return false
}

function stampEpochMillis(epochMillis: number, base: TimeAnchor): void {
  const seconds = Math.floor(epochMillis / 1000)
  stampEpoch(seconds, Math.round((epochMillis - seconds * 1000) * 1e6), base)
}

function stampEpoch(epochSeconds: number, epochNanos: number, base: TimeAnchor): void {
  const whole = Math.floor(epochSeconds)
  let nanos = Math.round((epochSeconds - whole) * 1e9) + Math.round(epochNanos) - base.nanos
  const carry = Math.floor(nanos / 1e9)
  nanos -= carry * 1e9
  stamped.seconds = whole - base.seconds + carry
  stamped.nanos = nanos
}

/** A stamp as `[seconds, nanoseconds]` since the epoch. */
export function toHrTime(base: TimeAnchor, seconds: number, nanos: number): HrTime {
  const total = base.nanos + nanos
  return total >= 1e9 ? [base.seconds + seconds + 1, total - 1e9] : [base.seconds + seconds, total]
}

/** Whether a value is meant as a time: what sets the second parameter of `addEvent` apart from attributes. */
export function isTimeInput(value: unknown): boolean {
  try {
    return (
      typeof value === 'number' ||
      value instanceof Date ||
      (Array.isArray(value) && value.length === 2 && typeof value[0] === 'number' && typeof value[1] === 'number')
    )
  } catch {
    return false
  }
}

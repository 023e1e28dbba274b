// SPDX-License-Identifier: Apache-2.0

/**
 * What tracing systems send along with a trace: up to 32 key-value pairs. Immutable: changes return a new one. The key
 * `ot` belongs to OpenTelemetry itself: applications and instrumentations must not set it.
 * Specification: trace/api.md#tracestate, W3C Trace Context Level 2 section 3.3.
 *
 * @example
 * ```ts
 * import { createTraceState, type TraceState } from '@otel-ts/api'
 * const state: TraceState = createTraceState('rojo=1')
 * console.log(state.set('congo', '2').serialize(), state.get('rojo'), state.unset('rojo').serialize() === '') // congo=2,rojo=1 1 true
 * ```
 */
export interface TraceState {
  /**
   * Adds or replaces a pair and moves it to the front. When that makes 33, the last one goes. An invalid key or value
   * changes nothing.
   */
  set(key: string, value: string): TraceState
  /** Removes a pair. */
  unset(key: string): TraceState
  get(key: string): string | undefined
  /** The `tracestate` header: pairs from the most to the least recently changed. */
  serialize(): string
}

const maxMembers = 32
const maxKeyLength = 256
const maxValueLength = 256

/** Level 2: a lower-case letter or digit, then at most 255 of lower-case letters, digits, `_ - * / @`. */
function isValidKey(key: unknown): key is string {
  if (typeof key !== 'string' || key.length === 0 || key.length > maxKeyLength) return false
  for (let i = 0; i < key.length; i++) {
    const code = key.charCodeAt(i)
    const isAlphanumeric = (code >= 97 && code <= 122) || (code >= 48 && code <= 57)
    if (isAlphanumeric) continue
    const isOther = code === 95 || code === 45 || code === 42 || code === 47 || code === 64
    if (i === 0 || !isOther) return false
  }
  return true
}

/** 1 to 256 printable ASCII characters but comma and equals sign, not ending in a space. */
function isValidValue(value: unknown): value is string {
  if (typeof value !== 'string' || value.length === 0 || value.length > maxValueLength) return false
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i)
    if (code < 32 || code > 126 || code === 44 || code === 61) return false
  }
  return value.charCodeAt(value.length - 1) !== 32
}

/** Where the text of a list member starts and ends between `from` and `to`, without spaces and tabs around it. */
function trimOptionalSpace(text: string, from: number, to: number): string {
  while (from < to && (text.charCodeAt(from) === 32 || text.charCodeAt(from) === 9)) from++
  while (to > from && (text.charCodeAt(to - 1) === 32 || text.charCodeAt(to - 1) === 9)) to--
  return text.slice(from, to)
}

/**
 * The pairs of a header, front first. Members that are malformed are left out, and of equal keys the first one stays;
 * more than 32 members make the whole list void, as the conformance tests of W3C want it.
 */
function parseMembers(header: string): Map<string, string> {
  const members = new Map<string, string>()
  let count = 0
  for (let start = 0; start <= header.length; ) {
    const comma = header.indexOf(',', start)
    const end = comma === -1 ? header.length : comma
    const member = trimOptionalSpace(header, start, end)
    start = end + 1
    if (member === '') continue
    if (++count > maxMembers) return new Map()
    const equals = member.indexOf('=')
    const key = member.slice(0, equals === -1 ? 0 : equals)
    const value = member.slice(equals + 1)
    if (isValidKey(key) && isValidValue(value) && !members.has(key)) members.set(key, value)
  }
  return members
}

class MemberTraceState implements TraceState {
  // Most trace states are only passed on, many not even that: parsing waits until somebody asks.
  #header: string | undefined
  #members: ReadonlyMap<string, string> | undefined

  constructor(header: string | undefined, members: ReadonlyMap<string, string> | undefined) {
    this.#header = header
    this.#members = members
  }

  #parsed(): ReadonlyMap<string, string> {
    if (this.#members === undefined) {
      this.#members = parseMembers(this.#header ?? '')
      this.#header = undefined
    }
    return this.#members
  }

  set(key: string, value: string): TraceState {
    if (!isValidKey(key) || !isValidValue(value)) return this
    const members = new Map([[key, value]])
    for (const [otherKey, otherValue] of this.#parsed()) {
      if (members.size === maxMembers) break
      if (otherKey !== key) members.set(otherKey, otherValue)
    }
    return new MemberTraceState(undefined, members)
  }

  unset(key: string): TraceState {
    if (!this.#parsed().has(key)) return this
    const members = new Map(this.#parsed())
    members.delete(key)
    return new MemberTraceState(undefined, members)
  }

  get(key: string): string | undefined {
    return this.#parsed().get(key)
  }

  serialize(): string {
    // From here on the header is the one we wrote: one trace state is injected into many requests.
    const members = this.#parsed()
    if (this.#header === undefined) {
      let header = ''
      for (const [key, value] of members) header += header === '' ? `${key}=${value}` : `,${key}=${value}`
      this.#header = header
    }
    return this.#header
  }
}

/**
 * A trace state from the text of a `tracestate` header (default: empty). Never throws: malformed members are left out,
 * more than 32 give an empty trace state. Its length is not limited otherwise.
 *
 * @example
 * ```ts
 * import { createTraceState } from '@otel-ts/api'
 * const state = createTraceState('congo=t61rcWkgMzE, rojo=00f067aa0ba902b7')
 * console.log(state.set('rojo', '1').serialize()) // rojo=1,congo=t61rcWkgMzE
 * ```
 */
export function createTraceState(rawTraceState?: string): TraceState {
  return new MemberTraceState(typeof rawTraceState === 'string' ? rawTraceState : undefined, undefined)
}

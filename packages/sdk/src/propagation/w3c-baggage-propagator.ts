// SPDX-License-Identifier: Apache-2.0
import {
  type Baggage,
  type BaggageEntry,
  baggageEntryMetadataFromString,
  type Context,
  propagation,
  type TextMapGetter,
  type TextMapPropagator,
  type TextMapSetter,
} from '@otel-ts/api'
import { baggageKey, suppressTracingKey } from '../context/keys.ts'
import { ownContext } from '../context/own-context.ts'
import { sdkEvents } from '../events.ts'
import { joinedField } from './field.ts'

const header = 'baggage'
// What W3C Baggage was called in its first drafts; SDKs of 2020 send it.
const oldHeader = 'correlation-context'

// What W3C Baggage asks every implementation to pass on; beyond it the later members go.
const maxMemberCount = 64
const maxByteCount = 8192

const textDecoder = new TextDecoder()

const isTokenUnit = new Uint8Array(128)
const isUnreservedUnit = new Uint8Array(128)
for (const unit of unitsOf('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_.~')) {
  isTokenUnit[unit] = 1
  isUnreservedUnit[unit] = 1
}
for (const unit of unitsOf("!#$%&'*+^`|")) isTokenUnit[unit] = 1

function unitsOf(text: string): number[] {
  return [...text].map((character) => character.charCodeAt(0))
}

/** Options of a {@link W3CBaggagePropagator}. */
export interface W3CBaggagePropagatorConfig {
  /**
   * Reads `correlation-context`, the older name of the header, from callers that send no `baggage`. It is never written.
   * Default false.
   */
  readCorrelationContext?: boolean
}

/**
 * Carries baggage in the `baggage` header: W3C Baggage. Values are percent-encoded; entries whose name is no HTTP token
 * stay in the process, with a warning. At most 64 entries and 8192 bytes are written and read; a warning says that there
 * was more.
 *
 * @example
 * ```ts
 * import { defaultTextMapSetter, propagation, ROOT_CONTEXT } from '@otel-ts/api'
 * import { W3CBaggagePropagator } from '@otel-ts/sdk'
 * const headers: Record<string, string> = {}
 * const baggage = propagation.createBaggage({ user: { value: 'Ada L' } })
 * new W3CBaggagePropagator().inject(propagation.setBaggage(ROOT_CONTEXT, baggage), headers, defaultTextMapSetter)
 * console.log(headers['baggage']) // user=Ada%20L
 * ```
 */
export class W3CBaggagePropagator implements TextMapPropagator {
  readonly #readCorrelationContext: boolean

  constructor(config: W3CBaggagePropagatorConfig = {}) {
    this.#readCorrelationContext = config.readCorrelationContext === true
  }

  inject(context: Context, carrier: unknown, setter: TextMapSetter): void {
    const baggage = context.getValue(baggageKey) as Baggage | undefined
    if (baggage === undefined || baggage === null || context.getValue(suppressTracingKey) === true) return
    try {
      const text = formatBaggage(baggage)
      if (text !== '') setter.set(carrier, header, text)
    } catch (error) {
      sdkEvents.callbackThrew('a setter given to inject, or the baggage', error)
    }
  }

  extract(context: Context, carrier: unknown, getter: TextMapGetter): Context {
    try {
      let text = joinedField(carrier, getter, header, maxByteCount)
      if (text === undefined && this.#readCorrelationContext) {
        text = joinedField(carrier, getter, oldHeader, maxByteCount)
      }
      if (text === undefined) return context
      const entries = parseBaggage(text)
      // Nothing readable must not clear what the context already holds.
      if (entries === undefined) return context
      return ownContext(context).setValue(baggageKey, propagation.createBaggage(entries))
    } catch (error) {
      sdkEvents.callbackThrew('a getter given to extract', error)
      return context
    }
  }

  fields(): string[] {
    return [header]
  }
}

function formatBaggage(baggage: Baggage): string {
  let text = ''
  let count = 0
  let isOverLimit = false
  for (const [key, entry] of baggage.getAllEntries()) {
    if (!isToken(key)) {
      sdkEvents.baggageNameInvalid(key)
      continue
    }
    if (count === maxMemberCount) {
      isOverLimit = true
      break
    }
    let member = `${key}=${percentEncode(String(entry.value))}`
    const metadata = entry.metadata?.toString()
    // Metadata goes as it is; what could end the header line or start another member cannot.
    if (metadata !== undefined && isSendable(metadata)) member += `;${metadata}`
    // Everything in a member is ASCII: characters are bytes.
    if (text.length + member.length + (text === '' ? 0 : 1) > maxByteCount) {
      isOverLimit = true
      continue
    }
    text += text === '' ? member : `,${member}`
    count++
  }
  if (isOverLimit) sdkEvents.baggageOverLimit('sent', maxMemberCount, maxByteCount)
  return text
}

function parseBaggage(text: string): Record<string, BaggageEntry> | undefined {
  const isTooLong = text.length > maxByteCount
  // Parts of a text keep all of it alive: an entry cut out of megabytes would hold megabytes.
  const read = isTooLong ? detached(text.slice(0, maxByteCount + 1)) : text
  const entries: Record<string, BaggageEntry> = Object.create(null) as Record<string, BaggageEntry>
  let count = 0
  let start = 0
  while (start < read.length && count < maxMemberCount) {
    const comma = read.indexOf(',', start)
    const end = comma === -1 ? read.length : comma
    if (end > maxByteCount) break
    const member = read.slice(start, end)
    start = end + 1
    const semicolon = member.indexOf(';')
    const pair = semicolon === -1 ? member : member.slice(0, semicolon)
    const equals = pair.indexOf('=')
    if (equals === -1) continue
    const key = pair.slice(0, equals).trim()
    if (!isToken(key)) continue
    const entry: BaggageEntry = { value: percentDecode(pair.slice(equals + 1).trim()) }
    const metadata = semicolon === -1 ? '' : member.slice(semicolon + 1).trim()
    if (metadata !== '') entry.metadata = baggageEntryMetadataFromString(metadata)
    entries[key] = entry
    count++
  }
  if (isTooLong || start < read.length) sdkEvents.baggageOverLimit('received', maxMemberCount, maxByteCount)
  return count === 0 ? undefined : entries
}

function detached(text: string): string {
  return textDecoder.decode(new TextEncoder().encode(text))
}

function isToken(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit > 127 || isTokenUnit[unit] === 0) return false
  }
  return text !== ''
}

/** Printable ASCII and tabs without a comma. */
function isSendable(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if ((unit < 0x20 && unit !== 9) || unit > 0x7e || unit === 0x2c) return false
  }
  return text !== ''
}

function percentEncode(text: string): string {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit > 127 || isUnreservedUnit[unit] === 0) return percentEncodeAll(text)
  }
  return text
}

function percentEncodeAll(text: string): string {
  try {
    return encodeURIComponent(text)
  } catch {
    // A surrogate without its other half, which UTF-8 does not have.
    return encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\ufffd'))
  }
}

// A percent sign without two digits stays as it is, bytes that are no UTF-8 become U+FFFD: W3C Baggage, "value".
function percentDecode(text: string): string {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return text.replace(/(?:%[0-9a-fA-F]{2})+/g, (escapes) => {
      const bytes = new Uint8Array(escapes.length / 3)
      for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(escapes.slice(i * 3 + 1, i * 3 + 3), 16)
      return textDecoder.decode(bytes)
    })
  }
}

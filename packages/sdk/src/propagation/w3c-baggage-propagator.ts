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
import { sdkEvents } from '../events.ts'
import { joinedField } from './field.ts'

const header = 'baggage'

// What W3C Baggage asks every implementation to pass on; beyond it the later members go.
const maxMemberCount = 64
const maxByteCount = 8192

const tokenPattern = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const textDecoder = new TextDecoder()

/**
 * Carries baggage in the `baggage` header: W3C Baggage. Values are percent-encoded; entries whose name is no HTTP token
 * stay in the process. At most 64 entries and 8192 bytes are written and read.
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
      const text = joinedField(carrier, getter, header)
      if (text === undefined) return context
      const entries = parseBaggage(text)
      // Nothing readable must not clear what the context already holds.
      if (entries === undefined) return context
      return context.setValue(baggageKey, propagation.createBaggage(entries))
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
  for (const [key, entry] of baggage.getAllEntries()) {
    if (!tokenPattern.test(key)) continue
    let member = `${key}=${encodeURIComponent(wellFormed(String(entry.value)))}`
    const metadata = entry.metadata?.toString()
    // Metadata goes as it is; what could end the header line or start another member cannot.
    if (metadata !== undefined && metadata !== '' && /^[\t\x20-\x2b\x2d-\x7e]*$/.test(metadata))
      member += `;${metadata}`
    // Everything in a member is ASCII: characters are bytes.
    if (text.length + member.length + 1 > maxByteCount) continue
    text += text === '' ? member : `,${member}`
    if (++count === maxMemberCount) break
  }
  return text
}

function parseBaggage(text: string): Record<string, BaggageEntry> | undefined {
  const entries: Record<string, BaggageEntry> = Object.create(null) as Record<string, BaggageEntry>
  let count = 0
  let start = 0
  while (start < text.length && count < maxMemberCount) {
    const comma = text.indexOf(',', start)
    const end = comma === -1 ? text.length : comma
    if (end > maxByteCount) break
    const member = text.slice(start, end)
    start = end + 1
    const semicolon = member.indexOf(';')
    const pair = semicolon === -1 ? member : member.slice(0, semicolon)
    const equals = pair.indexOf('=')
    if (equals === -1) continue
    const key = pair.slice(0, equals).trim()
    if (!tokenPattern.test(key)) continue
    const entry: BaggageEntry = { value: percentDecode(pair.slice(equals + 1).trim()) }
    const metadata = semicolon === -1 ? '' : member.slice(semicolon + 1).trim()
    if (metadata !== '') entry.metadata = baggageEntryMetadataFromString(metadata)
    entries[key] = entry
    count++
  }
  return count === 0 ? undefined : entries
}

function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\ufffd')
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

// SPDX-License-Identifier: Apache-2.0
import {
  type BaggageEntry,
  type Context,
  diag,
  propagation,
  type TextMapGetter,
  type TextMapSetter,
} from '@otel-ts/api'

// What W3C Baggage asks every implementation to pass on. There is no other limit, and a peer must not decide how much is
// kept.
const maxEntryCount = 64
const maxByteCount = 8192

const isTokenUnit = new Uint8Array(128)
for (const character of "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") {
  isTokenUnit[character.charCodeAt(0)] = 1
}

// Every request may have the same to say: the first one says it, then one in a thousand, with the count.
const saidEvery = 1000

/** Baggage as a header an entry, whose names start with a prefix. */
export class BaggageHeaders {
  readonly #prefix: string
  #unsendableCount = 0
  #overLimitCount = 0

  /** `prefix`: in lower case. */
  constructor(prefix: string) {
    this.#prefix = prefix
  }

  /** Writes a header for each entry of the baggage, as it is. What no header can hold is left out. */
  inject(context: Context, carrier: unknown, setter: TextMapSetter): void {
    const baggage = propagation.getBaggage(context)
    if (baggage === undefined) return
    for (const [key, { value }] of baggage.getAllEntries()) {
      const text = String(value)
      if (isToken(key) && isFieldValue(text)) setter.set(carrier, this.#prefix + key, text)
      else if (this.#unsendableCount++ % saidEvery === 0) {
        diag.warn(
          `OTTracePropagator: baggage entry ${JSON.stringify(key)} cannot be sent: allowed are names of HTTP headers and values of printable ASCII; it is left out (${this.#unsendableCount} so far)`,
        )
      }
    }
  }

  /** The context with the entries of all headers whose names start with the prefix, beside those that it holds. */
  extract(context: Context, carrier: unknown, getter: TextMapGetter): Context {
    const prefix = this.#prefix
    let entries: Record<string, BaggageEntry> | undefined
    let entryCount = 0
    let byteCount = 0
    for (const name of getter.keys(carrier)) {
      if (name.length <= prefix.length || name.slice(0, prefix.length).toLowerCase() !== prefix) continue
      const header = getter.get(carrier, name)
      const value: unknown = Array.isArray(header) ? header[0] : header
      if (typeof value !== 'string') continue
      byteCount += name.length - prefix.length + value.length
      if (++entryCount > maxEntryCount || byteCount > maxByteCount) {
        if (this.#overLimitCount++ % saidEvery === 0) {
          diag.warn(
            `OTTracePropagator: received baggage is over its limits: allowed are ${maxEntryCount} entries and ${maxByteCount} bytes; entries beyond that are left out (in ${this.#overLimitCount} requests so far)`,
          )
        }
        break
      }
      entries ??= entriesOf(context)
      entries[name.slice(prefix.length)] = { value: value.trim() }
    }
    return entries === undefined ? context : propagation.setBaggage(context, propagation.createBaggage(entries))
  }
}

function entriesOf(context: Context): Record<string, BaggageEntry> {
  const entries = Object.create(null) as Record<string, BaggageEntry>
  for (const [key, entry] of propagation.getBaggage(context)?.getAllEntries() ?? []) entries[key] = entry
  return entries
}

function isToken(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit > 127 || isTokenUnit[unit] === 0) return false
  }
  return text !== ''
}

function isFieldValue(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if ((unit < 0x20 && unit !== 9) || unit > 0x7e) return false
  }
  return true
}

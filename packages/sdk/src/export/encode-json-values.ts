// SPDX-License-Identifier: Apache-2.0
import { sdkEvents } from '../events.ts'
import { type AttributeRecord, invalidValue } from '../trace/attributes.ts'
import { checkedValue } from './encode-attributes.ts'
import { escaped, quote } from './json-text.ts'

/** What stands before the value of an attribute, by the value's kind, with a comma unless it is the first. */
interface KeyHeads {
  /** `,{"key":"…","value":{"stringValue":"` */
  readonly text: string
  /** `,{"key":"…","value":{"intValue":"` */
  readonly int: string
  /** `,{"key":"…","value":` */
  readonly any: string
}

// Made once a key: a batch of spans takes 1.3 times as long when each key is checked and put together each time, and 1.1
// times when the comma is a part of its own.
const maxKeyCount = 4096
const firstHeads = new Map<string, KeyHeads>()
const laterHeads = new Map<string, KeyHeads>()

function keyHeads(key: string, isFirst: boolean): KeyHeads {
  const headsByKey = isFirst ? firstHeads : laterHeads
  const known = headsByKey.get(key)
  if (known !== undefined) return known
  const any = `${isFirst ? '' : ','}{"key":${quote(key)},"value":`
  const heads = { text: `${any}{"stringValue":"`, int: `${any}{"intValue":"`, any }
  if (headsByKey.size < maxKeyCount) headsByKey.set(key, heads)
  return heads
}

/** `head`, the attributes as KeyValue objects, and `]`; empty when there are none. Checks the values. */
export function attributesJson(attributes: unknown, where: string, head = ',"attributes":['): string {
  if (typeof attributes !== 'object' || attributes === null) return ''
  let text = head
  let isFirst = true
  for (const key of Object.keys(attributes)) {
    let value = (attributes as AttributeRecord)[key]
    if (value === undefined) continue
    const type = typeof value
    if (type !== 'string' && type !== 'number') value = checkedValue(value)
    if (key === '' || value === invalidValue) {
      sdkEvents.invalidAttribute(where, key)
      continue
    }
    const heads = keyHeads(key, isFirst)
    isFirst = false
    if (type === 'string') text += `${heads.text}${escaped(value as string)}"}}`
    else if (type === 'number' && Number.isSafeInteger(value)) text += `${heads.int}${value as number}"}}`
    else text += `${heads.any}${valueJson(value)}}`
  }
  return isFirst ? '' : `${text}]`
}

/** A value that may come from anywhere as field `name` with a comma before it; empty for what no AnyValue can be. */
export function fieldJson(name: string, given: unknown, where: string): string {
  const value = checkedValue(given)
  if (value !== invalidValue) return `,"${name}":${valueJson(value)}`
  sdkEvents.invalidAttribute(where, name)
  return ''
}

function valueJson(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return `{"stringValue":"${escaped(value)}"}`
    case 'number':
      // 64-bit integers are text in protobuf's JSON.
      if (Number.isSafeInteger(value)) return `{"intValue":"${value}"}`
      return Number.isFinite(value) ? `{"doubleValue":${value}}` : `{"doubleValue":"${value}"}`
    case 'boolean':
      return value ? '{"boolValue":true}' : '{"boolValue":false}'
    case 'bigint':
      return `{"intValue":"${value}"}`
    case 'object':
      return value === null ? '{}' : objectJson(value)
    default:
      return '{}'
  }
}

function objectJson(value: object): string {
  if (value instanceof Uint8Array) return `{"bytesValue":"${base64(value)}"}`
  if (Array.isArray(value)) return `{"arrayValue":{"values":[${value.map(valueJson).join(',')}]}}`
  const pairs = Object.keys(value).map(
    (key) => `{"key":${quote(key)},"value":${valueJson((value as AttributeRecord)[key])}}`,
  )
  return `{"kvlistValue":{"values":[${pairs.join(',')}]}}`
}

function base64(bytes: Uint8Array): string {
  let binary = ''
  for (const byte of bytes) binary += String.fromCharCode(byte)
  return btoa(binary)
}

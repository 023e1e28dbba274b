// SPDX-License-Identifier: Apache-2.0
import { sdkEvents } from '../events.ts'
import { type AttributeRecord, invalidValue } from '../trace/attributes.ts'
import { checkedValue } from './encode-attributes.ts'
import { type JsonWriter, jsonBytes, quote } from './json-writer.ts'

/** What stands before the value of an attribute, by the value's kind: one copy instead of three, one look-up. */
interface KeyHeads {
  /** `{"key":"…","value":{"stringValue":` */
  readonly text: Uint8Array
  /** `{"key":"…","value":{"intValue":"` */
  readonly int: Uint8Array
  /** `{"key":"…","value":` */
  readonly any: Uint8Array
}

const maxKeyCount = 4096
const headsByKey = new Map<string, KeyHeads>()

// Keys of the attributes before, by position, as the protobuf encoder has them: comparing two pointers is a tenth of a
// Map look-up.
const maxRecentCount = 32
const recentKeys: string[] = []
const recentHeads: KeyHeads[] = []

function keyHeads(key: string, position: number): KeyHeads {
  if (recentKeys[position] === key) return recentHeads[position]!
  let heads = headsByKey.get(key)
  if (heads === undefined) {
    const any = `{"key":${quote(key)},"value":`
    heads = { text: jsonBytes(`${any}{"stringValue":`), int: jsonBytes(`${any}{"intValue":"`), any: jsonBytes(any) }
    if (headsByKey.size < maxKeyCount) headsByKey.set(key, heads)
  }
  if (position < maxRecentCount) {
    recentKeys[position] = key
    recentHeads[position] = heads
  }
  return heads
}

const comma = 44
const closingBrace = 125
const quotation = 34
const textHead = jsonBytes('":{"stringValue":')
const attributesHead = jsonBytes(',"attributes":[')
const attributesHeadFirst = jsonBytes('"attributes":[')
const attributesEnd = jsonBytes(']')
const intEnd = jsonBytes('"}}')
const objectEnd = jsonBytes('}')
const pairEnd = jsonBytes('}}')

/**
 * Writes `"attributes":[…]` with a comma before it unless `isFirst`; nothing when there are none. Checks the values. `head`:
 * what stands there instead of the name, for lists of another name.
 */
export function writeJsonAttributes(
  writer: JsonWriter,
  attributes: unknown,
  where: string,
  isFirst: boolean,
  head: Uint8Array = isFirst ? attributesHeadFirst : attributesHead,
): void {
  if (typeof attributes !== 'object' || attributes === null) return
  let count = 0
  for (const key of Object.keys(attributes)) {
    let value = (attributes as AttributeRecord)[key]
    if (value === undefined) continue
    const type = typeof value
    if (type !== 'string' && type !== 'number') value = checkedValue(value)
    if (key === '' || value === invalidValue) {
      sdkEvents.invalidAttribute(where, key)
      continue
    }
    if (count === 0) writer.raw(head)
    else writer.byte(comma)
    const heads = keyHeads(key, count++)
    if (type === 'string') {
      writer.raw(heads.text)
      writer.string(value as string)
      writer.raw(pairEnd)
    } else if (type === 'number' && ((value as number) | 0) === value && (value as number) >= 0) {
      writer.raw(heads.int)
      writer.digits(value as number, 1)
      writer.raw(intEnd)
    } else {
      writer.raw(heads.any)
      writer.text(jsonValue(value))
      writer.raw(objectEnd)
    }
  }
  if (count > 0) writer.raw(attributesEnd)
}

/** Writes a value that may come from anywhere as field `name` with a comma before it; leaves out what no AnyValue can be. */
export function writeJsonField(writer: JsonWriter, name: string, given: unknown, where: string): void {
  const value = checkedValue(given)
  if (value === invalidValue) {
    sdkEvents.invalidAttribute(where, name)
    return
  }
  if (typeof value === 'string') {
    writer.byte(comma)
    writer.byte(quotation)
    writer.bare(name)
    writer.raw(textHead)
    writer.string(value)
    writer.byte(closingBrace)
  } else writer.text(`,"${name}":${jsonValue(value)}`)
}

function jsonValue(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return `{"stringValue":${quote(value)}}`
    case 'number':
      // 64-bit integers are text in protobuf's JSON.
      if (Number.isSafeInteger(value)) return `{"intValue":"${value}"}`
      return Number.isFinite(value) ? `{"doubleValue":${value}}` : `{"doubleValue":"${value}"}`
    case 'boolean':
      return value ? '{"boolValue":true}' : '{"boolValue":false}'
    case 'bigint':
      return `{"intValue":"${value}"}`
    case 'object':
      return value === null ? '{}' : jsonObject(value)
    default:
      return '{}'
  }
}

function jsonObject(value: object): string {
  if (value instanceof Uint8Array) return `{"bytesValue":"${base64(value)}"}`
  if (Array.isArray(value)) return `{"arrayValue":{"values":[${value.map(jsonValue).join(',')}]}}`
  const pairs = Object.keys(value).map(
    (key) => `{"key":${quote(key)},"value":${jsonValue((value as AttributeRecord)[key])}}`,
  )
  return `{"kvlistValue":{"values":[${pairs.join(',')}]}}`
}

function base64(bytes: Uint8Array): string {
  let binary = ''
  for (const byte of bytes) binary += String.fromCharCode(byte)
  return btoa(binary)
}

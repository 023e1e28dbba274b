// SPDX-License-Identifier: Apache-2.0
import { sdkEvents } from '../events.ts'
import { type AttributeRecord, invalidValue, keepValue } from '../trace/attributes.ts'
import { type JsonWriter, jsonBytes, quote } from './json-writer.ts'

// `{"key":"…","value":` of keys that repeat, with and without the comma before it.
const maxKeyCount = 4096
const firstHeads = new Map<string, Uint8Array>()
const laterHeads = new Map<string, Uint8Array>()

function keyHead(key: string, isFirst: boolean): Uint8Array {
  const heads = isFirst ? firstHeads : laterHeads
  const known = heads.get(key)
  if (known !== undefined) return known
  const made = jsonBytes(`${isFirst ? '' : ','}{"key":${quote(key)},"value":`)
  if (heads.size < maxKeyCount) heads.set(key, made)
  return made
}

const attributesHead = jsonBytes(',"attributes":[')
const attributesHeadFirst = jsonBytes('"attributes":[')
const attributesEnd = jsonBytes(']')
const stringHead = jsonBytes('{"stringValue":')
const intHead = jsonBytes('{"intValue":"')
const intEnd = jsonBytes('"}}')
const objectEnd = jsonBytes('}')
const pairEnd = jsonBytes('}}')

/** Writes `"attributes":[…]` with a comma before it unless `isFirst`; nothing when there are none. Checks the values. */
export function writeJsonAttributes(writer: JsonWriter, attributes: unknown, where: string, isFirst: boolean): void {
  if (typeof attributes !== 'object' || attributes === null) return
  let count = 0
  for (const key of Object.keys(attributes)) {
    let value = (attributes as AttributeRecord)[key]
    if (value === undefined) continue
    const type = typeof value
    if (type !== 'string' && type !== 'number') {
      value = keepValue(value, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY)
    }
    if (key === '' || value === invalidValue) {
      sdkEvents.invalidAttribute(where, key)
      continue
    }
    if (count++ === 0) writer.raw(isFirst ? attributesHeadFirst : attributesHead)
    writer.raw(keyHead(key, count === 1))
    if (type === 'string') {
      writer.raw(stringHead)
      writer.string(value as string)
      writer.raw(pairEnd)
    } else if (type === 'number' && ((value as number) | 0) === value && (value as number) >= 0) {
      writer.raw(intHead)
      writer.digits(value as number, 1)
      writer.raw(intEnd)
    } else {
      writer.text(jsonValue(value))
      writer.raw(objectEnd)
    }
  }
  if (count > 0) writer.raw(attributesEnd)
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

// SPDX-License-Identifier: Apache-2.0
import { maxValueDepth } from '../encode/any-value.ts'
import { otlpError } from '../errors.ts'
import type { AnyValue, KeyValue } from '../model/any-value.ts'
import type { EntityRef, InstrumentationScope, Resource } from '../model/resource.ts'
import { isHex } from '../proto/hex.ts'
import { parseBase64 } from './base64.ts'

/** What JSON.parse makes of an object. Only own keys are looked at, by for-in: `__proto__` is an unknown key like any. */
export type JsonObject = Record<string, unknown>

// An AnyValue takes up to four levels of JSON; ignored keys may not go deeper than values may.
const maxJsonDepth = maxValueDepth * 4 + 16

const decimal = /^-?\d{1,20}$/
const number = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/

/** Converts parsed JSON; counts unknown keys. Messages name the field, the value met and what is expected. */
export class JsonReader {
  unknownKeyCount = 0
  /** An integer above 2^53 was met as a number: its digits are gone, the text must be parsed again with them kept. */
  lostDigits = false

  wrong(field: string, value: unknown, expected: string): Error {
    this.#checkDepth(field, value)
    const shown = (JSON.stringify(value) ?? 'nothing').slice(0, 60)
    return otlpError('OTLP_JSON', `${field}: found ${shown}; expected ${expected}; request refused`)
  }

  /** Counts a key that no field has. */
  unknown(field: string, value: unknown): void {
    this.unknownKeyCount++
    if (typeof value === 'object') this.#checkDepth(field, value)
  }

  #checkDepth(field: string, value: unknown): void {
    const waiting: [object, number][] = []
    if (typeof value === 'object' && value !== null) waiting.push([value, 1])
    for (let entry = waiting.pop(); entry !== undefined; entry = waiting.pop()) {
      const [item, depth] = entry
      if (depth > maxJsonDepth) {
        throw otlpError(
          'OTLP_NESTING',
          `${field}: JSON nested deeper than ${maxJsonDepth}; allowed are ${maxJsonDepth} levels; request refused`,
        )
      }
      for (const inner of Object.values(item)) {
        if (typeof inner === 'object' && inner !== null) waiting.push([inner, depth + 1])
      }
    }
  }

  object(field: string, value: unknown): JsonObject {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw this.wrong(field, value, 'an object')
    return value as JsonObject
  }

  array(field: string, value: unknown): unknown[] {
    if (!Array.isArray(value)) throw this.wrong(field, value, 'an array')
    return value
  }

  string(field: string, value: unknown): string {
    if (typeof value !== 'string') throw this.wrong(field, value, 'a string')
    return value
  }

  bool(field: string, value: unknown): boolean {
    if (typeof value !== 'boolean') throw this.wrong(field, value, 'true or false')
    return value
  }

  hex(field: string, value: unknown): string {
    if (typeof value !== 'string' || !isHex(value)) throw this.wrong(field, value, 'pairs of hexadecimal digits')
    return value.toLowerCase()
  }

  base64(field: string, value: unknown): Uint8Array {
    const bytes = typeof value === 'string' ? parseBase64(value) : undefined
    if (bytes === undefined) throw this.wrong(field, value, 'base64')
    return bytes
  }

  /** An integer from `low` to `high`; given as number or decimal string. */
  int32(field: string, value: unknown, low: number, high: number): number {
    const int = typeof value === 'string' && decimal.test(value) ? Number(value) : value
    if (typeof int !== 'number' || !Number.isInteger(int) || int < low || int > high) {
      throw this.wrong(field, value, `an integer from ${low} to ${high}`)
    }
    return int === 0 ? 0 : int
  }

  uint32(field: string, value: unknown): number {
    return this.int32(field, value, 0, 0xffffffff)
  }

  /** An enum: integers alone, as OTLP says; names are not allowed. */
  enum(field: string, value: unknown): number {
    if (typeof value !== 'number') throw this.wrong(field, value, 'the integer of an enum')
    return this.int32(field, value, -0x80000000, 0x7fffffff)
  }

  uint64(field: string, value: unknown): bigint {
    const int = this.#integer(field, value, 'an integer from 0 to 18446744073709551615')
    if (int < 0n || int > 0xffffffffffffffffn) {
      throw this.wrong(field, value, 'an integer from 0 to 18446744073709551615')
    }
    return int
  }

  int64(field: string, value: unknown): bigint {
    const int = this.#integer(field, value, 'an integer from -9223372036854775808 to 9223372036854775807')
    if (int < -0x8000000000000000n || int > 0x7fffffffffffffffn) {
      throw this.wrong(field, value, 'an integer from -9223372036854775808 to 9223372036854775807')
    }
    return int
  }

  #integer(field: string, value: unknown, expected: string): bigint {
    if (typeof value === 'string' && decimal.test(value)) return BigInt(value)
    if (typeof value !== 'number' || !Number.isInteger(value)) throw this.wrong(field, value, expected)
    if (!Number.isSafeInteger(value)) {
      this.lostDigits = true
      throw this.wrong(field, value, `${expected}, as a string of digits where above 9007199254740991`)
    }
    return BigInt(value)
  }

  double(field: string, value: unknown): number {
    if (typeof value === 'number') return value
    if (value === 'NaN') return Number.NaN
    if (value === 'Infinity') return Number.POSITIVE_INFINITY
    if (value === '-Infinity') return Number.NEGATIVE_INFINITY
    if (typeof value === 'string' && number.test(value)) return Number(value)
    throw this.wrong(field, value, 'a number, "NaN", "Infinity" or "-Infinity"')
  }

  attributes(field: string, value: unknown, depth = 1): KeyValue[] {
    const items = this.array(field, value)
    const attributes: KeyValue[] = new Array(items.length)
    for (let i = 0; i < items.length; i++) attributes[i] = this.#keyValue(field, items[i], depth)
    return attributes
  }

  #keyValue(field: string, item: unknown, depth: number): KeyValue {
    const object = this.object(field, item)
    const attribute: KeyValue = { key: '', value: undefined }
    for (const key in object) {
      const value = object[key]
      if (key === 'key') {
        if (value !== null) attribute.key = this.string('KeyValue.key', value)
      } else if (key === 'value') {
        if (value !== null) attribute.value = this.anyValue('KeyValue.value', value, depth)
      } else this.unknown(`KeyValue.${key}`, value)
    }
    return attribute
  }

  anyValue(field: string, item: unknown, depth = 1): AnyValue {
    if (depth > maxValueDepth) {
      throw otlpError(
        'OTLP_NESTING',
        `${field}: AnyValue nested deeper than ${maxValueDepth}; allowed are ${maxValueDepth} levels; request refused`,
      )
    }
    const object = this.object(field, item)
    let result: AnyValue
    for (const key in object) {
      const value = object[key]
      if (value === null) continue
      switch (key) {
        case 'stringValue':
          result = this.string('AnyValue.stringValue', value)
          break
        case 'intValue':
          result = this.int64('AnyValue.intValue', value)
          break
        case 'boolValue':
          result = this.bool('AnyValue.boolValue', value)
          break
        case 'doubleValue':
          result = this.double('AnyValue.doubleValue', value)
          break
        case 'arrayValue':
          result = { list: this.#list(value, depth + 1) }
          break
        case 'kvlistValue':
          result = { kvlist: this.#kvlist(value, depth + 1) }
          break
        case 'bytesValue':
          result = this.base64('AnyValue.bytesValue', value)
          break
        default:
          this.unknown(`AnyValue.${key}`, value)
      }
    }
    return result
  }

  #list(item: unknown, depth: number): AnyValue[] {
    const object = this.object('AnyValue.arrayValue', item)
    let list: AnyValue[] = []
    for (const key in object) {
      const value = object[key]
      if (key !== 'values') this.unknown(`ArrayValue.${key}`, value)
      else if (value !== null) {
        list = this.array('ArrayValue.values', value).map((entry) => this.anyValue('ArrayValue.values', entry, depth))
      }
    }
    return list
  }

  #kvlist(item: unknown, depth: number): KeyValue[] {
    const object = this.object('AnyValue.kvlistValue', item)
    let kvlist: KeyValue[] = []
    for (const key in object) {
      const value = object[key]
      if (key !== 'values') this.unknown(`KeyValueList.${key}`, value)
      else if (value !== null) kvlist = this.attributes('KeyValueList.values', value, depth)
    }
    return kvlist
  }

  resource(item: unknown): Resource {
    const object = this.object('resource', item)
    const resource: Resource = { attributes: [], droppedAttributesCount: 0, entityRefs: [] }
    for (const key in object) {
      const value = object[key]
      if (value === null) continue
      if (key === 'attributes') resource.attributes = this.attributes('Resource.attributes', value)
      else if (key === 'droppedAttributesCount') {
        resource.droppedAttributesCount = this.uint32('Resource.droppedAttributesCount', value)
      } else if (key === 'entityRefs') {
        resource.entityRefs = this.array('Resource.entityRefs', value).map((entry) => this.#entityRef(entry))
      } else this.unknown(`Resource.${key}`, value)
    }
    return resource
  }

  #entityRef(item: unknown): EntityRef {
    const object = this.object('Resource.entityRefs', item)
    const ref: EntityRef = { schemaUrl: '', type: '', idKeys: [], descriptionKeys: [] }
    for (const key in object) {
      const value = object[key]
      if (value === null) continue
      if (key === 'schemaUrl') ref.schemaUrl = this.string('EntityRef.schemaUrl', value)
      else if (key === 'type') ref.type = this.string('EntityRef.type', value)
      else if (key === 'idKeys') ref.idKeys = this.#strings('EntityRef.idKeys', value)
      else if (key === 'descriptionKeys') ref.descriptionKeys = this.#strings('EntityRef.descriptionKeys', value)
      else this.unknown(`EntityRef.${key}`, value)
    }
    return ref
  }

  #strings(field: string, value: unknown): string[] {
    return this.array(field, value).map((entry) => this.string(field, entry))
  }

  scope(item: unknown): InstrumentationScope {
    const object = this.object('scope', item)
    const scope: InstrumentationScope = { name: '', version: '', attributes: [], droppedAttributesCount: 0 }
    for (const key in object) {
      const value = object[key]
      if (value === null) continue
      if (key === 'name') scope.name = this.string('InstrumentationScope.name', value)
      else if (key === 'version') scope.version = this.string('InstrumentationScope.version', value)
      else if (key === 'attributes') scope.attributes = this.attributes('InstrumentationScope.attributes', value)
      else if (key === 'droppedAttributesCount') {
        scope.droppedAttributesCount = this.uint32('InstrumentationScope.droppedAttributesCount', value)
      } else this.unknown(`InstrumentationScope.${key}`, value)
    }
    return scope
  }
}

// SPDX-License-Identifier: Apache-2.0
import { maxValueDepth } from '../encode/any-value.ts'
import { otlpError } from '../errors.ts'
import type { AnyValue, KeyValue } from '../model/any-value.ts'
import type { InstrumentationScope, Resource } from '../model/resource.ts'
import { formatBase64 } from './base64.ts'
import { doubleText, keyText, quote } from './text.ts'

/** `[…]` of attributes. */
export function attributesText(attributes: readonly KeyValue[], depth = 1): string {
  let out = '['
  for (let i = 0; i < attributes.length; i++) {
    const attribute = attributes[i]!
    out += `${(i === 0 ? '' : ',') + keyText(attribute.key) + valueText(attribute.value, depth)}}`
  }
  return `${out}]`
}

/** An AnyValue as JSON; `{}` when empty. */
export function valueText(value: AnyValue, depth = 1): string {
  switch (typeof value) {
    case 'string':
      return `{"stringValue":${quote(value)}}`
    case 'bigint':
      return `{"intValue":"${value}"}`
    case 'boolean':
      return value ? '{"boolValue":true}' : '{"boolValue":false}'
    case 'number':
      return `{"doubleValue":${doubleText(value)}}`
    case 'undefined':
      return '{}'
  }
  if (value instanceof Uint8Array) return `{"bytesValue":"${formatBase64(value)}"}`
  const isList = 'list' in value
  if (depth >= maxValueDepth && (isList ? value.list : value.kvlist).length > 0) {
    throw otlpError(
      'OTLP_NESTING',
      `AnyValue: nested deeper than ${maxValueDepth}, or contains itself; allowed are ${maxValueDepth} levels; batch not encoded`,
    )
  }
  if (!isList) return `{"kvlistValue":{"values":${attributesText(value.kvlist, depth + 1)}}}`
  let out = ''
  for (let i = 0; i < value.list.length; i++) out += (i === 0 ? '' : ',') + valueText(value.list[i], depth + 1)
  return `{"arrayValue":{"values":[${out}]}}`
}

/** `,"key":[…]`, or nothing for an empty list. */
export function attributesField(attributes: readonly KeyValue[]): string {
  return attributes.length === 0 ? '' : `,"attributes":${attributesText(attributes)}`
}

/** `,"droppedAttributesCount":…`, or nothing for 0. */
export function droppedField(count: number): string {
  return count === 0 ? '' : `,"droppedAttributesCount":${count}`
}

/** `,"schemaUrl":…`, or nothing for ''. */
export function schemaUrlField(url: string): string {
  return url === '' ? '' : `,"schemaUrl":${quote(url)}`
}

export function resourceText(resource: Resource): string {
  let out = `{"attributes":${attributesText(resource.attributes)}${droppedField(resource.droppedAttributesCount)}`
  if (resource.entityRefs.length > 0) {
    const refs = resource.entityRefs.map(
      (ref) =>
        `{"type":${quote(ref.type)}${schemaUrlField(ref.schemaUrl)},"idKeys":${JSON.stringify(ref.idKeys)},"descriptionKeys":${JSON.stringify(ref.descriptionKeys)}}`,
    )
    out += `,"entityRefs":[${refs.join(',')}]`
  }
  return `${out}}`
}

export function scopeText(scope: InstrumentationScope): string {
  let out = `{"name":${quote(scope.name)}`
  if (scope.version !== '') out += `,"version":${quote(scope.version)}`
  return `${out}${attributesField(scope.attributes)}${droppedField(scope.droppedAttributesCount)}}`
}

/** Items with commas between. */
export function list<T>(items: readonly T[], format: (item: T) => string): string {
  let out = ''
  for (let i = 0; i < items.length; i++) out += (i === 0 ? '' : ',') + format(items[i]!)
  return out
}

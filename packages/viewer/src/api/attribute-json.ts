// SPDX-License-Identifier: Apache-2.0
import type { AnyValue, KeyValue } from '@otel-ts/otlp'
import { valueText } from '@otel-ts/store'
import type { AttributeJson } from '../api.ts'

/** Attributes as the page shows them: the kind of the value, and its text. */
export function attributesJson(attributes: readonly KeyValue[]): AttributeJson[] {
  return attributes.map(({ key, value }) => ({ key, type: valueKind(value), value: valueText(value) }))
}

export function valueKind(value: AnyValue): AttributeJson['type'] {
  switch (typeof value) {
    case 'undefined':
      return 'empty'
    case 'string':
      return 'string'
    case 'boolean':
      return 'bool'
    case 'bigint':
      return 'int'
    case 'number':
      return 'double'
  }
  if (value instanceof Uint8Array) return 'bytes'
  return 'list' in value ? 'array' : 'map'
}

// SPDX-License-Identifier: Apache-2.0
import { storeError } from '../errors.ts'
import type { Condition } from '../store.ts'
import { parseDuration } from './duration.ts'

/** Names of span kinds by OTLP number. */
export const kindNames: readonly string[] = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer']
/** Names of status codes by OTLP number. */
export const statusNames: readonly string[] = ['unset', 'ok', 'error']

/** Fields that a span has by itself; any other name in a filter is an attribute. */
export const plainFields: readonly string[] = [
  'service',
  'name',
  'kind',
  'status',
  'duration',
  'trace.id',
  'span.id',
  'scope.name',
]

/** A field taken apart: `attribute.x`, `resource.x` and `any.x` have the key `x`. */
export interface ParsedField {
  readonly group: 'plain' | 'attribute' | 'resource' | 'any'
  readonly key: string
}

export function parseField(field: string): ParsedField | undefined {
  if (plainFields.includes(field)) return { group: 'plain', key: field }
  for (const group of ['attribute', 'resource', 'any'] as const) {
    if (field.startsWith(`${group}.`) && field.length > group.length + 1) {
      return { group, key: field.slice(group.length + 1) }
    }
  }
  return undefined
}

/** A condition on an enumeration or duration as the number that it stands for. */
export function plainNumber(condition: Condition): number | bigint {
  const { field, value } = condition
  if (typeof value === 'number' || typeof value === 'bigint') return value
  if (field === 'duration') {
    const nanos = typeof value === 'string' ? parseDuration(value) : undefined
    if (nanos !== undefined) return nanos
    throw refused(condition, 'is not a duration; write a number with a unit: ns us ms s m h, such as 250ms')
  }
  const names = field === 'kind' ? kindNames : statusNames
  const text = String(value).toLowerCase()
  const number = names.indexOf(text)
  if (number !== -1) return number
  if (/^-?\d{1,10}$/.test(text)) return Number(text)
  throw refused(condition, `is not a ${field}; allowed are ${names.join(', ')}`)
}

/** Throws `STORE_CONDITION` when no span could ever be asked this. */
export function checkCondition(condition: Condition): ParsedField {
  const { field, op, value } = condition
  const parsed = parseField(field)
  if (parsed === undefined) {
    throw storeError(
      'STORE_CONDITION',
      `condition on ${JSON.stringify(field)}: no such field; allowed are ${plainFields.join(', ')}, attribute.<key>, resource.<key>, any.<key>; nothing was searched`,
    )
  }
  if (!operators.includes(op)) throw refused(condition, `has no operator ${JSON.stringify(op)}`)
  if (op !== 'exists' && op !== 'missing' && value === undefined) throw refused(condition, 'needs a value')
  const takesNumber = field === 'duration' || field === 'kind' || field === 'status'
  if (takesNumber && op !== 'exists' && op !== 'missing' && op !== 'contains' && op !== 'notContains') {
    plainNumber(condition)
  }
  return parsed
}

const operators: readonly string[] = ['=', '!=', '>', '>=', '<', '<=', 'contains', 'notContains', 'exists', 'missing']

function refused(condition: Condition, problem: string): Error {
  const { field, op, value } = condition
  const shown = value === undefined ? '' : ` ${JSON.stringify(String(value).slice(0, 100))}`
  return storeError('STORE_CONDITION', `condition ${field} ${op}${shown}: ${problem}; nothing was searched`)
}

// SPDX-License-Identifier: Apache-2.0
import { storeError } from '../errors.ts'
import type { Condition } from '../store.ts'
import { formatDuration, parseDuration } from './duration.ts'
import { kindNames, parseField, plainFields, statusNames } from './fields.ts'

/** Longest filter that is read, in UTF-16 units, and most conditions in it. */
const maxLength = 4096
const maxConditionCount = 64

const operatorOf: Readonly<Record<string, Condition['op']>> = {
  '!=': '!=',
  '!~': 'notContains',
  '>=': '>=',
  '<=': '<=',
  '=': '=',
  '>': '>',
  '<': '<',
  '~': 'contains',
}
const signOf: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(operatorOf).map(([sign, op]) => [op, sign]),
)

/**
 * Reads the text of a filter. Terms stand side by side and must all hold on one span:
 *
 * | term | meaning |
 * |---|---|
 * | `service=checkout` `name="GET /"` `kind=server` `status=error` `scope.name=x` `trace.id=…` `span.id=…` | a field of the span |
 * | `duration>250ms` | units h m s ms us ns, also `1m30s` |
 * | `http.response.status_code>=500` | attribute of the span, else of its resource |
 * | `attribute.name=x` `resource.name=x` | attribute of one of the two, also one with the name of a field |
 * | `=` `!=` `>` `>=` `<` `<=` `~` `!~` | `~` is "contains", without regard to case; `!=` and `!~` also hold where there is no value |
 * | `user.id` `!user.id`, also `user.id=*` `user.id!=*` | has it, has it not |
 * | `error` `!error` | status is error, is not |
 * | `"GET /"` | the name contains it |
 *
 * Keys and values with spaces, quotes or operators stand in double quotes with `\"` and `\\`. Throws
 * `STORE_QUERY_SYNTAX` with position and length of the failing part.
 *
 * @example
 * ```ts
 * import { parseFilter } from '@otel-ts/store'
 * const conditions = parseFilter('service=checkout duration>250ms error !cache.hit')
 * console.log(conditions.map((c) => `${c.field} ${c.op} ${c.value ?? ''}`.trim()).join(', ')) // service = checkout, duration > 250000000, status = error, any.cache.hit missing
 * ```
 */
export function parseFilter(text: string): Condition[] {
  if (text.length > maxLength) {
    throw syntaxError(maxLength, text.length - maxLength, `${text.length} characters`, `at most ${maxLength}`)
  }
  const conditions: Condition[] = []
  const scanner = new Scanner(text)
  while (scanner.skipSpace()) {
    const start = scanner.position
    conditions.push(readTerm(scanner))
    if (conditions.length > maxConditionCount) {
      throw syntaxError(start, scanner.position - start, 'one condition more', `at most ${maxConditionCount}`)
    }
  }
  return conditions
}

/**
 * Writes conditions as the text of a filter, in the form that {@link parseFilter} reads back as the same conditions.
 * Values that are numbers or booleans become text; they match the same spans.
 *
 * @example
 * ```ts
 * import { formatFilter, parseFilter } from '@otel-ts/store'
 * console.log(formatFilter(parseFilter('"GET /"   duration>0.25s'))) // name~"GET /" duration>250ms
 * ```
 */
export function formatFilter(conditions: readonly Condition[]): string {
  return conditions.map(formatCondition).join(' ')
}

function formatCondition(condition: Condition): string {
  const { field, op, value } = condition
  if (field === 'status' && (op === '=' || op === '!=') && String(value).toLowerCase() === 'error') {
    return op === '=' ? 'error' : '!error'
  }
  const name = formatField(field)
  // In quotes alone it would mean a part of the span's name.
  if (op === 'exists') return name.startsWith('"') ? `${name}=*` : name
  if (op === 'missing') return `!${name}`
  return `${name}${signOf[op]}${formatValue(field, value)}`
}

function formatField(field: string): string {
  let name = field
  if (field.startsWith('any.')) {
    const key = field.slice(4)
    // A key that would be read as something else keeps its group.
    const isPlain = key !== 'error' && parseField(key) === undefined
    if (isPlain) name = key
  }
  return bareName.test(name) ? name : quote(name)
}

function formatValue(field: string, value: Condition['value']): string {
  if (field === 'duration' && typeof value === 'bigint') return formatDuration(value)
  if (field === 'duration' && typeof value === 'number' && Number.isFinite(value)) {
    return formatDuration(BigInt(Math.trunc(value)))
  }
  if (typeof value === 'number' && (field === 'kind' || field === 'status')) {
    return (field === 'kind' ? kindNames : statusNames)[value] ?? String(value)
  }
  const text = String(value)
  return bareValue.test(text) && text !== '*' ? text : quote(text)
}

function quote(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}

const bareName = /^[^\s"!=<>~]+$/
const bareValue = /^[^\s"]+$/

function readTerm(scanner: Scanner): Condition {
  const start = scanner.position
  const isNegated = scanner.take('!')
  const isQuoted = scanner.peek() === '"'
  const nameStart = scanner.position
  const name = isQuoted ? scanner.quoted() : scanner.bare(/[^\s"!=<>~]/)
  if (name === '') {
    const met = scanner.peek() === undefined ? 'the end' : JSON.stringify(scanner.peek())
    throw syntaxError(nameStart, 1, met, 'the name of a field, such as service or http.route')
  }
  const sign = scanner.operator()
  if (sign === undefined) return termWithoutValue(name, isQuoted, isNegated, scanner, start)
  if (isNegated) {
    throw syntaxError(start, 1, '"!" before a comparison', `${name}!= or ${name}!~ instead`)
  }
  const valueStart = scanner.position
  const isTextValue = scanner.peek() === '"'
  const value = isTextValue ? scanner.quoted() : scanner.bare(/[^\s"]/)
  if (value === '' && !isTextValue) {
    const met = scanner.peek() === undefined ? 'the end' : JSON.stringify(scanner.peek())
    throw syntaxError(valueStart, 1, `${met} after ${name}${sign}`, 'a value; write "" for the empty text')
  }
  scanner.expectBreak()
  const field = fieldOf(name, nameStart)
  const op = operatorOf[sign]!
  if (value === '*' && !isTextValue && (op === '=' || op === '!=')) {
    return { field, op: op === '=' ? 'exists' : 'missing' }
  }
  return { field, op, value: typedValue(field, op, value, valueStart, scanner.position - valueStart) }
}

function termWithoutValue(
  name: string,
  isQuoted: boolean,
  isNegated: boolean,
  scanner: Scanner,
  start: number,
): Condition {
  scanner.expectBreak()
  if (isQuoted && !isNegated) return { field: 'name', op: 'contains', value: name }
  if (isQuoted) return { field: fieldOf(name, start + 1), op: 'missing' }
  if (name === 'error') return { field: 'status', op: isNegated ? '!=' : '=', value: 'error' }
  return { field: fieldOf(name, start), op: isNegated ? 'missing' : 'exists' }
}

function fieldOf(name: string, position: number): string {
  if (parseField(name) !== undefined) return name
  if (name === 'attribute.' || name === 'resource.' || name === 'any.') {
    throw syntaxError(position, name.length, JSON.stringify(name), `a key after the dot, such as ${name}http.route`)
  }
  return `any.${name}`
}

function typedValue(
  field: string,
  op: Condition['op'],
  text: string,
  position: number,
  length: number,
): string | bigint {
  if (op === 'contains' || op === 'notContains' || !plainFields.includes(field)) return text
  if (field === 'duration') {
    const nanos = parseDuration(text)
    if (nanos !== undefined) return nanos
    throw syntaxError(position, length, JSON.stringify(text), 'a duration with a unit (h m s ms us ns), such as 250ms')
  }
  if (field === 'kind' || field === 'status') {
    const names = field === 'kind' ? kindNames : statusNames
    const name = text.toLowerCase()
    if (names.includes(name) || /^\d{1,9}$/.test(name)) return name
    throw syntaxError(position, length, JSON.stringify(text), names.join(', '))
  }
  return field === 'trace.id' || field === 'span.id' ? text.toLowerCase() : text
}

class Scanner {
  readonly #text: string
  position = 0

  constructor(text: string) {
    this.#text = text
  }

  /** Goes to the next term; false at the end. */
  skipSpace(): boolean {
    while (this.position < this.#text.length && /\s/.test(this.#text[this.position]!)) this.position++
    return this.position < this.#text.length
  }

  peek(): string | undefined {
    return this.#text[this.position]
  }

  take(character: string): boolean {
    if (this.peek() !== character) return false
    this.position++
    return true
  }

  bare(allowed: RegExp): string {
    const start = this.position
    while (this.position < this.#text.length && allowed.test(this.#text[this.position]!)) this.position++
    return this.#text.slice(start, this.position)
  }

  operator(): string | undefined {
    const two = this.#text.slice(this.position, this.position + 2)
    const sign = Object.hasOwn(operatorOf, two) ? two : two.slice(0, 1)
    if (!Object.hasOwn(operatorOf, sign)) return undefined
    this.position += sign.length
    return sign
  }

  quoted(): string {
    const start = this.position++
    let text = ''
    for (;;) {
      const character = this.peek()
      if (character === undefined) {
        throw syntaxError(start, this.position - start, 'a quotation mark without its partner', 'a closing "')
      }
      this.position++
      if (character === '"') return text
      if (character !== '\\') {
        text += character
        continue
      }
      const escaped = this.peek()
      if (escaped !== '"' && escaped !== '\\') {
        throw syntaxError(this.position - 1, 2, JSON.stringify(`\\${escaped ?? ''}`), '\\" and \\\\ between quotes')
      }
      text += escaped
      this.position++
    }
  }

  /** Terms are parted by space: `a="x"b` would hide which part was meant. */
  expectBreak(): void {
    const next = this.peek()
    if (next === undefined || /\s/.test(next)) return
    throw syntaxError(this.position, 1, JSON.stringify(next), 'a space before the next condition')
  }
}

function syntaxError(position: number, length: number, met: string, allowed: string): Error {
  const message = `filter at ${position + 1}: ${met} is not understood; expected ${allowed}; nothing was searched`
  return storeError('STORE_QUERY_SYNTAX', message, position, Math.max(1, length))
}

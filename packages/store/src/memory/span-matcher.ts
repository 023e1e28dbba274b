// SPDX-License-Identifier: Apache-2.0
import { checkCondition, kindNames, plainNumber, statusNames } from '../query/fields.ts'
import { testValue, type ValueTest, valueTest } from '../query/value-test.ts'
import type { Condition } from '../store.ts'
import type { ByteReader } from './byte-arena.ts'
import type { SpanSegment } from './span-segment.ts'
import { readSmallInt, readValue, seekAttribute, valueTag } from './value-codec.ts'

/** Whether one row of a segment holds. */
export type RowTest = (row: number) => boolean

/** Conditions made ready once a query; per segment they become tests on its columns. */
export class SpanMatcher {
  readonly #conditions: { condition: Condition; test: ValueTest; cost: number }[] = []
  readonly #bySegment = new Map<SpanSegment, readonly RowTest[]>()

  constructor(conditions: readonly Condition[]) {
    for (const condition of conditions) {
      const field = checkCondition(condition)
      const cost = field.group === 'plain' || field.group === 'resource' ? 0 : 1
      this.#conditions.push({ condition, test: testFor(condition), cost })
    }
    // Columns are cheaper to ask than the arena.
    this.#conditions.sort((a, b) => a.cost - b.cost)
  }

  get isEmpty(): boolean {
    return this.#conditions.length === 0
  }

  /** Tests that must all hold on one row of this segment. */
  testsFor(segment: SpanSegment): readonly RowTest[] {
    let tests = this.#bySegment.get(segment)
    if (tests === undefined) {
      tests = this.#conditions.map(({ condition, test }) => rowTest(segment, condition, test))
      this.#bySegment.set(segment, tests)
    }
    return tests
  }
}

// Enumerations and durations compare by number, however they are written.
function testFor(condition: Condition): ValueTest {
  const { field, op } = condition
  const isNumeric = field === 'kind' || field === 'status' || field === 'duration'
  if (isNumeric && op !== 'exists' && op !== 'missing' && op !== 'contains' && op !== 'notContains') {
    return valueTest({ field, op, value: plainNumber(condition) })
  }
  if ((field === 'trace.id' || field === 'span.id') && typeof condition.value === 'string') {
    return valueTest({ field, op, value: condition.value.toLowerCase() })
  }
  return valueTest(condition)
}

function rowTest(segment: SpanSegment, condition: Condition, test: ValueTest): RowTest {
  const { field } = condition
  const { negated } = test
  switch (field) {
    case 'name': {
      const verdicts = textVerdicts(segment, test)
      return (row) => verdicts(segment.nameId(row)) !== negated
    }
    case 'service': {
      const verdicts = resourceVerdicts(segment, (id) => test.text(segment.sources.resources[id]!.service))
      return (row) => verdicts(segment.resourceId(row)) !== negated
    }
    case 'scope.name': {
      const scopes = segment.sources.scopes
      return (row) => test.text(scopes[segment.scopeId(row)]!.scope.name) !== negated
    }
    case 'kind':
      return enumTest(test, condition.op, kindNames, (row) => segment.kind(row))
    case 'status':
      return enumTest(test, condition.op, statusNames, (row) => segment.status(row))
    case 'duration':
      return (row) => test.number(segment.duration(row)) !== negated
    case 'trace.id':
      return (row) => test.text(segment.entryAt(row).id) !== negated
    case 'span.id':
      return (row) => test.text(segment.spanId(row)) !== negated
  }
  const dot = field.indexOf('.')
  const key = field.slice(dot + 1)
  const group = field.slice(0, dot)
  const resources = resourceVerdicts(segment, (id) => resourceHolds(segment, id, key, test))
  if (group === 'resource') return (row) => resources(segment.resourceId(row)) !== negated
  const keyId = segment.keys.find(key)
  if (keyId === -1) {
    if (group === 'any') return (row) => resources(segment.resourceId(row)) !== negated
    return () => negated
  }
  const texts = textVerdicts(segment, test)
  const isAny = group === 'any'
  return (row) => {
    const reader = segment.attributesReader(row)
    // The span's own attribute hides the resource's.
    if (seekAttribute(reader, keyId)) return valueHolds(reader, segment, test, texts) !== negated
    return (isAny && resources(segment.resourceId(row))) !== negated
  }
}

function enumTest(
  test: ValueTest,
  op: Condition['op'],
  names: readonly string[],
  read: (row: number) => number,
): RowTest {
  const { negated } = test
  if (op !== 'contains' && op !== 'notContains') return (row) => test.number(read(row)) !== negated
  return (row) => test.text(names[read(row)] ?? String(read(row))) !== negated
}

// Each distinct string is compared once, however many rows hold it.
function textVerdicts(segment: SpanSegment, test: ValueTest): (stringId: number) => boolean {
  const verdicts = new Uint8Array(segment.strings.size)
  return (stringId) => {
    let verdict = verdicts[stringId]!
    if (verdict === 0) {
      verdict = test.text(segment.strings.at(stringId)) ? 2 : 1
      verdicts[stringId] = verdict
    }
    return verdict === 2
  }
}

function resourceVerdicts(segment: SpanSegment, holds: (resourceId: number) => boolean): (id: number) => boolean {
  const verdicts = new Uint8Array(segment.sources.resources.length)
  return (id) => {
    let verdict = verdicts[id]!
    if (verdict === 0) {
      verdict = holds(id) ? 2 : 1
      verdicts[id] = verdict
    }
    return verdict === 2
  }
}

function resourceHolds(segment: SpanSegment, resourceId: number, key: string, test: ValueTest): boolean {
  for (const attribute of segment.sources.resources[resourceId]!.resource.attributes) {
    if (attribute.key === key) return testValue(test, attribute.value)
  }
  return false
}

function valueHolds(
  reader: ByteReader,
  segment: SpanSegment,
  test: ValueTest,
  texts: (stringId: number) => boolean,
): boolean {
  if (test.anyValue) return true
  const start = reader.position
  switch (reader.byte()) {
    case valueTag.string:
      return texts(reader.varint())
    case valueTag.smallInt:
      return test.number(readSmallInt(reader))
    case valueTag.int64:
      return test.number(reader.int64())
    case valueTag.double:
      return test.number(reader.double())
    case valueTag.true:
      return test.boolean(true)
    case valueTag.false:
      return test.boolean(false)
    case valueTag.list:
      reader.position = start
      return testValue(test, readValue(reader, segment))
    default:
      return false
  }
}

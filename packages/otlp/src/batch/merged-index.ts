// SPDX-License-Identifier: Apache-2.0
import type { AnyValue } from '../model/any-value.ts'
import type { Signal } from '../model/resource.ts'
import type { AttributeKey, BatchIndex, NodeKind, ValueType } from './batch-index.ts'

/**
 * Several indexes read as one: nodes and attributes of each follow those of the one before. Handles below -1, which
 * editors give to attributes that they have added, are interleaved.
 */
export class MergedIndex<Part extends BatchIndex = BatchIndex> implements BatchIndex {
  readonly signal: Signal
  readonly nodeCount: number
  protected readonly parts: readonly Part[]
  readonly #nodeBases: number[]
  readonly #attributeBases: number[]
  // Where the last node and the last attribute were: the next is nearly always there too.
  #nodePart = 0
  #attributePart = 0

  constructor(signal: Signal, parts: readonly Part[], attributeCounts: readonly number[]) {
    this.signal = signal
    this.parts = parts
    let nodeCount = 0
    let attributeCount = 0
    this.#nodeBases = parts.map((part) => (nodeCount += part.nodeCount) - part.nodeCount)
    this.#attributeBases = attributeCounts.map((count) => (attributeCount += count) - count)
    this.#nodeBases.push(nodeCount)
    this.#attributeBases.push(attributeCount)
    this.nodeCount = nodeCount
  }

  // The part of a node; `#nodePart` is its number afterwards.
  protected at(node: number): Part {
    const bases = this.#nodeBases
    const part = this.#nodePart
    if (node < bases[part]! || node >= bases[part + 1]!) this.#nodePart = find(bases, node)
    return this.parts[this.#nodePart]!
  }

  protected local(node: number): number {
    return node - this.#nodeBases[this.#nodePart]!
  }

  #attributeAt(attribute: number): Part {
    if (attribute < -1) {
      this.#attributePart = (-2 - attribute) % this.parts.length
      return this.parts[this.#attributePart]!
    }
    const bases = this.#attributeBases
    const part = this.#attributePart
    if (attribute < bases[part]! || attribute >= bases[part + 1]!) this.#attributePart = find(bases, attribute)
    return this.parts[this.#attributePart]!
  }

  #localAttribute(attribute: number): number {
    if (attribute < -1) return -2 - (-2 - attribute - this.#attributePart) / this.parts.length
    return attribute - this.#attributeBases[this.#attributePart]!
  }

  // Handle of an attribute of the part that `at` found last.
  #globalAttribute(attribute: number): number {
    if (attribute === -1) return -1
    if (attribute < -1) return -2 - ((-2 - attribute) * this.parts.length + this.#nodePart)
    return attribute + this.#attributeBases[this.#nodePart]!
  }

  kind(node: number): NodeKind {
    return this.at(node).kind(this.local(node))
  }

  parent(node: number): number {
    const parent = this.at(node).parent(this.local(node))
    return parent < 0 ? -1 : parent + this.#nodeBases[this.#nodePart]!
  }

  subtreeEnd(node: number): number {
    return this.at(node).subtreeEnd(this.local(node)) + this.#nodeBases[this.#nodePart]!
  }

  has(node: number, field: number): boolean {
    return this.at(node).has(this.local(node), field)
  }

  uint32(node: number, field: number): number {
    return this.at(node).uint32(this.local(node), field)
  }

  uint64(node: number, field: number): bigint {
    return this.at(node).uint64(this.local(node), field)
  }

  double(node: number, field: number): number {
    return this.at(node).double(this.local(node), field)
  }

  string(node: number, field: number): string {
    return this.at(node).string(this.local(node), field)
  }

  bytes(node: number, field: number): Uint8Array {
    return this.at(node).bytes(this.local(node), field)
  }

  equals(node: number, field: number, value: Uint8Array): boolean {
    return this.at(node).equals(this.local(node), field, value)
  }

  anyValue(node: number, field: number): AnyValue {
    return this.at(node).anyValue(this.local(node), field)
  }

  scopeName(scope: number): string {
    return this.at(scope).scopeName(this.local(scope))
  }

  scopeVersion(scope: number): string {
    return this.at(scope).scopeVersion(this.local(scope))
  }

  statusCode(record: number): number {
    return this.at(record).statusCode(this.local(record))
  }

  statusMessage(record: number): string {
    return this.at(record).statusMessage(this.local(record))
  }

  metricType(record: number): number {
    return this.at(record).metricType(this.local(record))
  }

  aggregationTemporality(record: number): number {
    return this.at(record).aggregationTemporality(this.local(record))
  }

  isMonotonic(record: number): boolean {
    return this.at(record).isMonotonic(this.local(record))
  }

  attributeCount(node: number): number {
    return this.at(node).attributeCount(this.local(node))
  }

  attributeAt(node: number, position: number): number {
    return this.#globalAttribute(this.at(node).attributeAt(this.local(node), position))
  }

  findAttribute(node: number, key: AttributeKey): number {
    return this.#globalAttribute(this.at(node).findAttribute(this.local(node), key))
  }

  attributeKey(attribute: number): string {
    return this.#attributeAt(attribute).attributeKey(this.#localAttribute(attribute))
  }

  attributeType(attribute: number): ValueType {
    return this.#attributeAt(attribute).attributeType(this.#localAttribute(attribute))
  }

  attributeString(attribute: number): string | undefined {
    return this.#attributeAt(attribute).attributeString(this.#localAttribute(attribute))
  }

  attributeValue(attribute: number): AnyValue {
    return this.#attributeAt(attribute).attributeValue(this.#localAttribute(attribute))
  }

  attributeEquals(attribute: number, value: Uint8Array): boolean {
    return this.#attributeAt(attribute).attributeEquals(this.#localAttribute(attribute), value)
  }
}

// Last position whose base is not above the number; empty parts have the base of the next one.
function find(bases: readonly number[], number: number): number {
  let low = 0
  let high = bases.length - 2
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (bases[middle]! <= number) low = middle
    else high = middle - 1
  }
  return low
}

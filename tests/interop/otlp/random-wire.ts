// SPDX-License-Identifier: Apache-2.0
import { type FieldSchema, messageSchemas, wireType } from '../../../packages/otlp/src/proto/schema.ts'

/** Random numbers from a seed: the same everywhere, so that a failing message can be made again. */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** From 0 to 1, without 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let t = this.#state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }

  int(below: number): number {
    return Math.floor(this.next() * below)
  }

  chance(probability: number): boolean {
    return this.next() < probability
  }

  pick<T>(items: readonly T[]): T {
    return items[this.int(items.length)]!
  }
}

export const strings = [
  '',
  'a',
  'http.method',
  'GET',
  'Ünïcödé ✓',
  '\u{1f600}',
  'x'.repeat(130),
  '__proto__',
  '\0"\\\n',
]
export const keys = ['k', 'http.method', 'service.name', 'clé', '', 'k2', 'k'.repeat(70)]
export const int64s = [0n, 1n, -1n, 127n, 128n, 300n, 2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n)]
export const uint64s = [0n, 1n, 1544712660300000000n, 2n ** 53n + 1n, 2n ** 64n - 1n]
export const doubles = [0, -0, 1.5, -1e300, 5e-324, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]

/**
 * Random protobuf of a message: legal, and unless `regular` as odd as protobuf allows: unknown fields, scalars given
 * twice, fields out of order, singular messages in several parts, several members of a oneof, padded varints, repeated
 * scalars packed and not.
 */
export function randomMessage(random: Random, name: string, isRegular: boolean): Uint8Array {
  return Uint8Array.from(message(random, name, isRegular, 0))
}

function message(random: Random, name: string, isRegular: boolean, depth: number): number[] {
  const fields: number[][] = []
  const members = new Set<string>()
  for (const field of messageSchemas[name]!.fields) {
    const isEnvelope = field.message.startsWith('Resource') || field.message.startsWith('Scope')
    if (!random.chance(isEnvelope ? 0.9 : depth > 6 ? 0.1 : depth > 3 ? 0.35 : 0.5)) continue
    if (field.oneof !== '' && (isRegular || random.chance(0.85)) && members.has(field.oneof)) continue
    members.add(field.oneof)
    let count = 1
    if (field.repeated) count = 1 + random.int(2)
    else if (!isRegular && random.chance(0.15)) count = 2
    for (let i = 0; i < count; i++) fields.push(...fieldBytes(random, field, isRegular, depth))
  }
  if (!isRegular) {
    if (random.chance(0.2)) fields.push(unknownField(random))
    if (random.chance(0.2)) shuffle(random, fields)
  }
  return fields.flat()
}

function shuffle(random: Random, items: unknown[]): void {
  for (let i = items.length - 1; i > 0; i--) {
    const j = random.int(i + 1)
    ;[items[i], items[j]] = [items[j], items[i]]
  }
}

// Numbers that no message has, also not in profiles.
function unknownField(random: Random): number[] {
  const number = random.pick([17, 20, 31, 32, 33, 34, 47, 1000, 2 ** 29 - 1])
  const wire = random.pick([0, 1, 2, 5])
  const tag = varint(random, BigInt(number * 8 + wire), false)
  if (wire === 0) return [...tag, ...varint(random, random.pick(uint64s), false)]
  if (wire === 2) return [...tag, 3, 0x0a, 0x01, random.int(256)]
  return [...tag, ...Array.from({ length: wire === 1 ? 8 : 4 }, () => random.int(256))]
}

function varint(random: Random, value: bigint, isRegular: boolean): number[] {
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, value)
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128)
    rest >>= 7n
  }
  bytes.push(Number(rest))
  if (!isRegular && random.chance(0.03)) {
    // Tags may have five bytes at most in some implementations, so no padding goes beyond.
    for (let more = 1 + random.int(3); more > 0 && bytes.length < 5; more--) {
      bytes[bytes.length - 1]! |= 128
      bytes.push(0)
    }
  }
  return bytes
}

function fieldBytes(random: Random, field: FieldSchema, isRegular: boolean, depth: number): number[][] {
  const tag = (wire: number) => varint(random, BigInt(field.number * 8 + wire), isRegular)
  const lengthDelimited = (content: number[]) => [
    ...tag(2),
    ...varint(random, BigInt(content.length), isRegular),
    ...content,
  ]
  if (field.type === 'message') return [lengthDelimited(message(random, field.message, isRegular, depth + 1))]
  if (field.type === 'string') {
    return [lengthDelimited([...new TextEncoder().encode(random.pick(field.name === 'key' ? keys : strings))])]
  }
  if (field.type === 'bytes') {
    const length = random.pick(field.name === 'bytes_value' ? [0, 1, 5, 200] : [0, 8, 16, 16, 3])
    return [lengthDelimited(Array.from({ length }, () => random.int(256)))]
  }
  const scalar = () => scalarBytes(random, field, isRegular)
  if (!field.repeated) return [[...tag(wireType(field.type)), ...scalar()]]
  const values = Array.from({ length: random.int(5) }, scalar)
  if (!isRegular && random.chance(0.3)) return values.map((value) => [...tag(wireType(field.type)), ...value])
  // Two packed runs of one field are one list.
  const cut = isRegular ? values.length : random.int(values.length + 1)
  const runs = [values.slice(0, cut), values.slice(cut)]
  return runs.filter((run) => run.length > 0).map((run) => lengthDelimited(run.flat()))
}

function scalarBytes(random: Random, field: FieldSchema, isRegular: boolean): number[] {
  const data = new DataView(new ArrayBuffer(8))
  switch (field.type) {
    case 'bool':
      return varint(random, BigInt(random.int(2)), isRegular)
    case 'enum':
      return varint(random, BigInt(random.pick([0, 1, 2, 3, 24, -1, 2147483647])), isRegular)
    case 'uint32':
      return varint(random, BigInt(random.pick([0, 1, 127, 128, 4294967295])), isRegular)
    case 'sint32':
      return varint(random, BigInt(random.pick([0, 1, 2, 4294967295, 4294967294, 40])), isRegular)
    case 'int64':
      return varint(random, random.pick(int64s), isRegular)
    case 'uint64':
      return varint(random, random.pick(uint64s), isRegular)
    case 'double':
      data.setFloat64(0, random.pick(doubles), true)
      return [...new Uint8Array(data.buffer)]
    case 'fixed32':
      data.setUint32(0, random.pick([0, 1, 257, 4294967295]), true)
      return [...new Uint8Array(data.buffer, 0, 4)]
    default:
      data.setBigUint64(0, random.pick(uint64s), true)
      return [...new Uint8Array(data.buffer)]
  }
}

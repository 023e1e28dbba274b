// SPDX-License-Identifier: Apache-2.0
import { fuzzRounds } from '@otel-ts/testkit'
import { describe, expect, test } from 'vitest'
import { Random, randomMessage } from '../../../../tests/interop/otlp/random-wire.ts'
import { isOtlpError } from '../errors.ts'
import { formatJson } from '../json/format.ts'
import { parseJson } from '../json/parse.ts'
import { signals } from '../model/resource.ts'
import { rootMessages } from '../proto/schema.ts'
import { batchFromBytes } from './from-bytes.ts'
import { attributeKey } from './merge.ts'
import { splitBatch } from './split.ts'

const key = attributeKey('http.method')

// Everything that reads bytes; whatever gets through the door must be readable to the end.
function exercise(signal: (typeof signals)[number], bytes: Uint8Array): boolean {
  let batch: ReturnType<typeof batchFromBytes>
  try {
    batch = batchFromBytes(signal, bytes)
  } catch (error) {
    if (!isOtlpError(error)) throw error
    return false
  }
  const index = batch.index()
  // A node takes two bytes at least, and an attribute too.
  expect(batch.byteCount).toBeLessThanOrEqual(bytes.length * 21 + 64)
  for (let node = 0; node < index.nodeCount; node++) {
    index.findAttribute(node, key)
    index.statusMessage(node)
    index.scopeName(node)
    for (let number = 1; number < 17; number++) index.uint64(node, number) // any number is safe to ask for
  }
  batch.records()
  if (batch.itemCount > 1) splitBatch(batch, 1)
  const edited = batch.edit((editor) => {
    for (let node = 0; node < editor.nodeCount; node++) editor.setAttribute(node, key, 'x')
  })
  edited.records()
  return true
}

describe.each(signals)('%s bytes from nowhere', (signal) => {
  test('never crash the reader: mutated messages', () => {
    const rounds = fuzzRounds(4000)
    const random = new Random(5)
    let acceptedCount = 0
    for (let i = 0; i < rounds; i++) {
      const bytes = randomMessage(random, rootMessages[signal], i % 2 === 0)
      for (let n = 1 + random.int(3); n > 0 && bytes.length > 0; n--) bytes[random.int(bytes.length)] = random.int(256)
      const cut = random.chance(0.3) ? bytes.subarray(0, random.int(bytes.length + 1)) : bytes
      // Bytes behind the end must not be looked at: they would make lengths right.
      if (exercise(signal, cut)) acceptedCount++
    }
    expect(acceptedCount).toBeGreaterThan(100)
    expect(acceptedCount).toBeLessThan(rounds - 100)
  })

  test('never crash the reader: random strings of bytes', () => {
    const random = new Random(6)
    for (let i = 0; i < fuzzRounds(20_000); i++) {
      exercise(
        signal,
        Uint8Array.from({ length: random.int(40) }, () => random.pick([0x0a, 0x12, 0x1a, 2, 4, 6, random.int(256)])),
      )
    }
  })

  test('are refused wherever a message is cut inside a field', () => {
    const random = new Random(7)
    const bytes = randomMessage(random, rootMessages[signal], true)
    const outcomes = Array.from(bytes, (_, n) => exercise(signal, bytes.subarray(0, n)))
    // Only cuts between top-level fields are whole messages; there are two resources at most.
    expect(outcomes.filter(Boolean).length).toBeLessThanOrEqual(3)
  })

  test('never crash the JSON reader: mutated texts', () => {
    const random = new Random(8)
    for (let i = 0; i < fuzzRounds(2000); i++) {
      const records = batchFromBytes(signal, randomMessage(random, rootMessages[signal], true)).records()
      const text = formatJson(signal, records as never)
      const at = random.int(text.length)
      const insert = random.pick([
        '',
        '"',
        '{',
        '[',
        '}',
        ']',
        ',',
        '1',
        '-',
        '\\',
        'null',
        '99999999999999999999',
        '{"a":',
      ])
      try {
        parseJson(signal, text.slice(0, at) + insert + text.slice(at + random.int(4)))
      } catch (error) {
        if (!isOtlpError(error)) throw error
      }
    }
  })
})

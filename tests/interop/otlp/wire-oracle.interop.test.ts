// SPDX-License-Identifier: Apache-2.0
// Our codecs against the protobuf classes of PyPI's opentelemetry-proto, both ways, protobuf and JSON.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { batchFromBytes, batchFromJson, formatJson, parseJson, type Signal, signals } from '@otel-ts/otlp'
import { afterAll, describe, expect, test } from 'vitest'
import { encodeRecords } from '../../../packages/otlp/src/encode/encode.ts'
import { rootMessages } from '../../../packages/otlp/src/proto/schema.ts'
import { installPythonPeer } from '../../../tools/python-peers.mjs'
import { Oracle } from './oracle.ts'
import { Random, randomMessage } from './random-wire.ts'

const messageCount = 10_000

let oracle: Oracle | undefined
try {
  oracle = new Oracle(installPythonPeer('otlp-oracle'))
} catch (error) {
  console.log(`skipped: otlp-oracle: ${(error as Error).message}`)
}

afterAll(() => oracle?.close())

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

// Compares with a message that shows which one differs; equal ones are many and cost little.
function expectSame(actual: Uint8Array, expected: Uint8Array, i: number): void {
  if (!Buffer.from(actual).equals(expected)) expect(hex(actual), `message ${i}`).toBe(hex(expected))
}

function reencode(signal: Signal, bytes: Uint8Array): Uint8Array {
  return encodeRecords(signal, batchFromBytes(signal, bytes).records()).bytes
}

describe.skipIf(oracle === undefined).each(signals)('%s against opentelemetry-proto', (signal) => {
  test(`decodes and encodes ${messageCount} messages of the oracle to the same bytes`, () => {
    const { messages, coverage } = oracle!.generate(signal, messageCount, 20)
    expect(messages).toHaveLength(messageCount)
    expect(coverage).toEqual(
      {
        traces: { messages: 14, cases: expect.any(Number) },
        metrics: { messages: 23, cases: expect.any(Number) },
        logs: { messages: 11, cases: expect.any(Number) },
      }[signal],
    )
    for (const [i, message] of messages.entries()) {
      const batch = batchFromBytes(signal, message)
      // Canonical bytes are kept, never rewritten.
      expect(batch.chunks()[0]).toBe(message)
      expectSame(encodeRecords(signal, batch.records()).bytes, message, i)
    }
  }, 300_000)

  test(`reads ${messageCount} odd but legal messages as the oracle does, and writes what it writes`, () => {
    const random = new Random(21)
    const sent = Array.from({ length: messageCount }, (_, i) =>
      randomMessage(random, rootMessages[signal], i % 5 === 0),
    )
    const expected = oracle!.convert('canonical', signal, sent)
    expect(expected).toHaveLength(messageCount)
    const written = sent.map((message) => reencode(signal, message))
    for (const [i, bytes] of written.entries()) expectSame(bytes, expected[i]!, i)
    for (const [i, bytes] of oracle!.convert('canonical', signal, written).entries()) expectSame(bytes, expected[i]!, i)
  }, 300_000)

  test(`parses ${messageCount} JSON texts of the oracle, and it parses ours`, () => {
    const { messages } = oracle!.generate(signal, messageCount, 22)
    const texts = oracle!.convert('to-json', signal, messages)
    for (const [i, text] of texts.entries()) {
      expectSame(batchFromJson(signal, text).chunks()[0]!, messages[i]!, i)
    }
    const ours = messages.map((message) =>
      Buffer.from(formatJson(signal, batchFromBytes(signal, message).records() as never)),
    )
    for (const [i, bytes] of oracle!.convert('from-json', signal, ours).entries()) expectSame(bytes, messages[i]!, i)
  }, 300_000)
})

describe.skipIf(oracle === undefined)('the JSON examples of the specification', () => {
  test.each([
    ['trace', 'traces'],
    ['metrics', 'metrics'],
    ['logs', 'logs'],
    ['events', 'logs'],
  ] as const)('%s.json becomes the bytes that the oracle makes of it', (name, signal) => {
    const text = readFileSync(fileURLToPath(new URL(`../../data/otlp/${name}.json`, import.meta.url)))
    const [expected] = oracle!.convert('from-json', signal, [text])
    expect(expected!.length).toBeGreaterThan(100)
    expect(hex(batchFromJson(signal, text).chunks()[0]!)).toBe(hex(expected!))
    const again = formatJson(signal, parseJson(signal, text.toString()) as never)
    expect(hex(oracle!.convert('from-json', signal, [Buffer.from(again)])[0]!)).toBe(hex(expected!))
  })
})

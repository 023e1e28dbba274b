// SPDX-License-Identifier: Apache-2.0
import { batchFromParts, batchFromRecords, batchToParts } from '@otel-ts/otlp'
import { spanRecord, spansOfService } from '@otel-ts/testkit'
import { expect, test } from 'vitest'
import { answerPieces, type ParseAnswer } from './parse-frames.ts'
import { AnswerFrames } from './parse-process.ts'

const batch = batchFromRecords('traces', [spansOfService('s', [spanRecord({ name: 'a' }), spanRecord({ name: 'b' })])])
const found: ParseAnswer = { parts: batchToParts(batch), encodedRecordCount: 2, unknownFieldCount: 3 }
const nothing: ParseAnswer = { parts: [], encodedRecordCount: 0, unknownFieldCount: 0 }
const refused: ParseAnswer = { error: { code: 'OTLP_TRUNCATED', message: 'at offset 3 – “é”' } }

test.each([1, 2, 3, 5, 64, 10_000])('answers come out whole however they are cut: every %i bytes', (size) => {
  const answers: ParseAnswer[] = []
  const frames = new AnswerFrames((answer) => answers.push(answer))
  const bytes = Buffer.concat([found, refused, nothing, found].flatMap(answerPieces))
  for (let at = 0; at < bytes.byteLength; at += size) frames.push(bytes.subarray(at, at + size))
  expect(answers).toEqual([found, refused, nothing, found])
  const again = batchFromParts('traces', (answers[3] as typeof found & { parts: never }).parts)
  expect(
    again.records().flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans.map(({ name }) => name))),
  ).toEqual(['a', 'b'])
})

test('an answer that lacks its last byte is none yet', () => {
  const answers: ParseAnswer[] = []
  const frames = new AnswerFrames((answer) => answers.push(answer))
  const bytes = Buffer.concat(answerPieces(found))
  frames.push(bytes.subarray(0, -1))
  expect(answers).toEqual([])
  frames.push(bytes.subarray(-1))
  expect(answers).toEqual([found])
})

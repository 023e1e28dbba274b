// SPDX-License-Identifier: Apache-2.0
import { type Batch, batchFromRecords, type Consume, type ConsumeContext, consumeError } from '@otel-ts/otlp'
import { expect, test } from 'vitest'
import { fanOut } from './fan-out.ts'

const batch = batchFromRecords('traces', [])
const context: ConsumeContext = { metadata: new Map(), signal: new AbortController().signal }
const fails =
  (code: string, retryable: boolean, retryAfterMillis?: number): Consume =>
  () =>
    Promise.reject(
      consumeError(code, code.toLowerCase(), { retryable, ...(retryAfterMillis ? { retryAfterMillis } : {}) }),
    )

test('gives every consumer the same value', async () => {
  const seen: Batch[] = []
  const take: Consume = async (one) => void seen.push(one)
  await fanOut([take, take])(batch, context)
  expect(seen[0]).toBe(batch)
  expect(seen[1]).toBe(batch)
})

test('waits for all, also when one has failed', async () => {
  let slow = (): void => {}
  let settled = false
  const result = fanOut([fails('A_FAILED', false), () => new Promise((resolve) => (slow = resolve))])(batch, context)
  result.catch(() => {
    settled = true
  })
  await new Promise(setImmediate)
  expect(settled).toBe(false)
  slow()
  await expect(result).rejects.toMatchObject({ code: 'A_FAILED', retryable: false })
})

test('is retryable if any failure is, with the longest wait', async () => {
  const consume = fanOut([fails('A_BAD', false), fails('B_LATER', true, 100), fails('C_LATER', true, 300)])
  await expect(consume(batch, context)).rejects.toMatchObject({
    code: 'B_LATER',
    retryable: true,
    retryAfterMillis: 300,
    message: 'a_bad; b_later; c_later',
  })
})

test('takes an error that is no ConsumeError as a failure for good', async () => {
  const broken: Consume = () => Promise.reject(new TypeError('bug'))
  await expect(fanOut([broken, broken])(batch, context)).rejects.toMatchObject({
    code: 'COLLECTOR_COMPONENT',
    retryable: false,
    message: 'bug; bug',
  })
})

test('one that throws at once does not keep the batch from the others', async () => {
  const seen: Batch[] = []
  const throws: Consume = () => {
    throw new TypeError('a bug')
  }
  const result = fanOut([throws, async (one) => void seen.push(one)])(batch, context)
  await expect(result).rejects.toMatchObject({ code: 'COLLECTOR_COMPONENT', retryable: false })
  expect(seen).toEqual([batch])
})

// SPDX-License-Identifier: Apache-2.0
import type { OtlpOutcome, OtlpRequest } from '@otel-ts/otlp/browser'
import { createOtlpBeaconClient } from '@otel-ts/otlp/browser'
import { captureOtlp } from '@otel-ts/testkit'
import { describe, expect, test } from 'vitest'

const url = 'https://collector.example/v1/traces'

function traces(size: number, more: Partial<OtlpRequest> = {}): OtlpRequest {
  return { signal: 'traces', chunks: [Buffer.alloc(size, 'x')], itemCount: 2, ...more }
}

function failed(outcome: OtlpOutcome): Extract<OtlpOutcome, { result: 'failed' }> {
  if (outcome.result !== 'failed') throw new Error(`expected a failure, got ${JSON.stringify(outcome)}`)
  return outcome
}

describe('a beacon', () => {
  test('carries the chunks and the media type, and counts as accepted when the browser takes it', async () => {
    const sent: [string, string, string][] = []
    const bodies: Blob[] = []
    const sendBeacon = (to: string, body: Blob): boolean => {
      sent.push([to, body.type, ''])
      bodies.push(body)
      return true
    }
    const client = createOtlpBeaconClient({ url, encoding: 'json', sendBeacon })
    const outcome = await client.send({
      signal: 'traces',
      chunks: [Buffer.from('{"a"'), Buffer.from(':1}')],
      itemCount: 1,
    })
    expect(outcome).toEqual({ result: 'accepted', partialSuccess: undefined })
    expect(sent).toEqual([[url, 'application/json', '']])
    expect(await bodies[0]!.text()).toBe('{"a":1}')
  })

  test('of 64 KiB is handed over, one of a byte more is not, with advice', async () => {
    const sizes: number[] = []
    const sendBeacon = (_to: string, body: Blob): boolean => sizes.push(body.size) > 0
    const client = createOtlpBeaconClient({ url, sendBeacon })
    expect((await client.send(traces(65_536))).result).toBe('accepted')
    const outcome = failed(await client.send(traces(65_537)))
    expect([outcome.error.code, outcome.retryable, sizes]).toEqual(['OTLP_TOO_LARGE', false, [65_536]])
    expect(outcome.error.message).toContain('65537 bytes; browsers take beacons of up to 65536 bytes; 2 spans not sent')
  })

  test('that the browser does not take may be sent again', async () => {
    const client = createOtlpBeaconClient({ url, sendBeacon: () => false })
    expect(failed(await client.send(traces(1)))).toMatchObject({ retryable: true, error: { code: 'OTLP_UNAVAILABLE' } })
  })

  test('that the browser refuses with an exception is not sent again', async () => {
    const sendBeacon = (): never => {
      throw new TypeError('mixed content')
    }
    const outcome = failed(await createOtlpBeaconClient({ url, sendBeacon }).send(traces(1)))
    expect([outcome.error.code, outcome.retryable]).toEqual(['OTLP_REFUSED', false])
    expect(outcome.error.message).toContain('mixed content')
  })

  test.each([
    ['in the options', { url, headers: { 'x-token': '1' } }, {}, 'x-token'],
    ['of the request', { url }, { headers: { 'X-Tenant': '7' } }, 'X-Tenant'],
    ['as credentials of the URL', { url: 'https://user:pass@collector.example/' }, {}, 'authorization'],
  ])('has no headers: those %s are refused by name', async (_where, options, more, name) => {
    let count = 0
    const sendBeacon = (): boolean => ++count > 0
    const outcome = failed(await createOtlpBeaconClient({ ...options, sendBeacon }).send(traces(1, more)))
    expect([outcome.error.code, outcome.retryable, count]).toEqual(['OTLP_OPTION', false, 0])
    expect(outcome.error.message).toContain(name)
  })

  test('is not sent to what is no URL, after shutdown, or for a caller who has given up', async () => {
    const sendBeacon = (): never => expect.fail('sent')
    expect(failed(await createOtlpBeaconClient({ url: 'collector', sendBeacon }).send(traces(1))).error.code).toBe(
      'OTLP_OPTION',
    )
    const client = createOtlpBeaconClient({ url, sendBeacon })
    expect(failed(await client.send(traces(1, { abort: AbortSignal.abort() }))).error.code).toBe('OTLP_ABORTED')
    await client.shutdown()
    expect(failed(await client.send(traces(1))).error.code).toBe('OTLP_SHUTDOWN')
  })
})

test('without sendBeacon, fetch does it and tells the answer', async () => {
  const wire = await captureOtlp({ status: 400 })
  const client = createOtlpBeaconClient({ url: `${wire.url}/v1/traces` })
  const outcome = failed(await client.send(traces(3)))
  expect([outcome.httpStatus, wire.requests.length]).toEqual([400, 1])
  expect(Buffer.from(wire.requests[0]!.rawBody).toString()).toBe('xxx')
  await client.shutdown()
  await wire.close()
})

// SPDX-License-Identifier: Apache-2.0
import { formatProblem, parseYaml, readConfig } from '@otel-ts/confmap'
import { batchFromRecords, type Consume, type ConsumeContext, consumeError } from '@otel-ts/otlp'
import { spanRecord, spansOfService } from '@otel-ts/testkit'
import { afterEach, describe, expect, test } from 'vitest'
import type { Lifecycle } from '../../component.ts'
import { testSettings } from '../../testing/settings.ts'
import { otlpReceiverConfig } from './config.ts'
import { otlpReceiver } from './receiver.ts'

const running: Lifecycle[] = []
afterEach(async () => {
  for (const receiver of running.splice(0)) await receiver.shutdown!(AbortSignal.abort())
})

const read = (yaml: string) => readConfig(otlpReceiverConfig, parseYaml(yaml, 'x').node, ['r'])

async function start(http: string, next: Consume = async () => {}) {
  const settings = testSettings({ kind: 'receiver', id: 'otlp' })
  const config = read(`{protocols: {http: {endpoint: "127.0.0.1:0"${http}}}}`).value!
  const receiver = otlpReceiver.create(config, settings, { traces: next })
  await receiver.start!()
  running.push(receiver)
  return { settings, receiver, url: `http://${settings.lines[0]!.fields['address']}` }
}

const body = new Uint8Array(
  batchFromRecords('traces', [spansOfService('s', [spanRecord(), spanRecord()])]).chunks()[0]!,
)
const send = (url: string, headers: Record<string, string> = {}) =>
  fetch(url, { method: 'POST', headers: { 'content-type': 'application/x-protobuf', ...headers }, body })

describe('each key changes what the receiver does', () => {
  test('traces_url_path', async () => {
    const { url } = await start(', traces_url_path: /in')
    expect([(await send(`${url}/in`)).status, (await send(`${url}/v1/traces`)).status]).toEqual([200, 404])
  })

  test('max_request_body_size: the last byte allowed and the first refused', async () => {
    const fits = await start(`, max_request_body_size: ${body.byteLength}`)
    const tooSmall = await start(`, max_request_body_size: ${body.byteLength - 1}`)
    expect([(await send(`${fits.url}/v1/traces`)).status, (await send(`${tooSmall.url}/v1/traces`)).status]).toEqual([
      200, 413,
    ])
    expect(tooSmall.settings.count('receiver_requests_rejected')).toBe(1)
  })

  test.each([
    ['', []],
    [', include_metadata: true', ['a']],
  ])('include_metadata: "%s"', async (key, expected) => {
    const contexts: ConsumeContext[] = []
    const { url } = await start(key, async (_, context) => void contexts.push(context))
    await send(`${url}/v1/traces`, { 'X-Tenant': 'a' })
    expect(contexts[0]!.metadata.get('x-tenant') ?? []).toEqual(expected)
  })

  test.each(['{X-Own: "1"}', '[{name: X-Own, value: "1"}]'])('response_headers: %s', async (headers) => {
    const { url } = await start(`, response_headers: ${headers}`)
    expect((await send(`${url}/v1/traces`)).headers.get('x-own')).toBe('1')
  })

  test('keep_alives_enabled', async () => {
    const on = await start('')
    const off = await start(', keep_alives_enabled: false')
    expect((await send(`${on.url}/v1/traces`)).headers.get('connection')).not.toBe('close')
    expect((await send(`${off.url}/v1/traces`)).headers.get('connection')).toBe('close')
  })

  test('cors', async () => {
    const { url } = await start(
      ', cors: {allowed_origins: ["https://*.example"], allowed_headers: [X-A], exposed_headers: [X-B], max_age: 7}',
    )
    const preflight = await fetch(`${url}/v1/traces`, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://shop.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'x-a',
      },
    })
    expect(preflight.headers.get('access-control-allow-origin')).toBe('https://shop.example')
    expect(preflight.headers.get('access-control-max-age')).toBe('7')
    const answer = await send(`${url}/v1/traces`, { origin: 'https://shop.example' })
    expect(answer.headers.get('access-control-expose-headers')?.toLowerCase()).toBe('x-b')
    const other = await send(`${url}/v1/traces`, { origin: 'https://other.test' })
    expect(other.headers.get('access-control-allow-origin')).toBeNull()
  })
})

describe('answers', () => {
  test('a request taken is counted', async () => {
    const { url, settings } = await start('')
    expect((await send(`${url}/v1/traces`)).status).toBe(200)
    expect(settings.count('receiver_accepted_spans')).toBe(2)
  })

  test('an empty request succeeds without troubling the pipeline', async () => {
    let calls = 0
    const { url } = await start('', async () => void calls++)
    const answer = await fetch(`${url}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    })
    expect([answer.status, calls]).toEqual([200, 0])
  })

  test.each([
    ['retryable', consumeError('QUEUE_FULL', 'full', { retryable: true }), 503],
    ['with a status of its own', consumeError('X_BUSY', 'busy', { retryable: true, status: 8 }), 429],
    ['for good', consumeError('X_BAD', 'bad', { retryable: false }), 500],
    ['for good, the data is at fault', consumeError('X_BAD', 'bad', { retryable: false, status: 3 }), 400],
    ['a bug', new TypeError('bug') as never, 500],
  ])('a pipeline that refuses: %s', async (_, error, status) => {
    const { url, settings } = await start('', () => Promise.reject(error))
    expect((await send(`${url}/v1/traces`)).status).toBe(status)
    expect([settings.count('receiver_refused_spans'), settings.count('receiver_requests_rejected')]).toEqual([2, 0])
  })
})

test('an address in use is an error at start', async () => {
  const { url } = await start('')
  const config = read(`{protocols: {http: {endpoint: "${url.replace('http://', '')}"}}}`).value!
  const second = otlpReceiver.create(config, testSettings({ kind: 'receiver', id: 'otlp/2' }), {})
  await expect(second.start!()).rejects.toMatchObject({ code: 'OTLP_LISTEN' })
})

test('shutdown waits for requests under way', async () => {
  let finish = (): void => {}
  let arrived = (): void => {}
  const reached = new Promise<void>((resolve) => (arrived = resolve))
  const { url, receiver } = await start('', () => {
    arrived()
    return new Promise((resolve) => (finish = resolve))
  })
  const answer = send(`${url}/v1/traces`)
  await reached
  const stopped = receiver.shutdown!(new AbortController().signal)
  finish()
  expect((await answer).status).toBe(200)
  await stopped
})

describe('configuration', () => {
  test('a bare http: has the defaults', () => {
    expect(read('{protocols: {http: }}').value?.protocols.http).toMatchObject({
      endpoint: 'localhost:4318',
      traces_url_path: '/v1/traces',
      max_request_body_size: 20 * 1024 * 1024,
      include_metadata: false,
      cors: undefined,
    })
  })

  test.each([
    ['{}', 'x:1:1: r: must specify at least one protocol when using the OTLP receiver; supported: http'],
    ['{protocols: {http: {endpoint: ""}}}', 'x:1:31: r::protocols::http::endpoint: must not be empty'],
    [
      '{protocols: {http: {endpoint: 4318}}}',
      'x:1:31: r::protocols::http::endpoint: expected a string, got a number; put it in quotes',
    ],
    [
      '{protocols: {http: {traces_url_path: in}}}',
      'x:1:38: r::protocols::http::traces_url_path: expected a path that begins with /, got "in"',
    ],
    [
      '{protocols: {http: {middlewares: [a]}}}',
      'x:1:34: r::protocols::http::middlewares: is not supported: extensions cannot stand in the way of requests',
    ],
    [
      '{protocols: {http: {compression_algorithms: [zstd]}}}',
      'x:1:45: r::protocols::http::compression_algorithms: is not supported: requests may be plain, gzip or deflate, which cannot be narrowed',
    ],
    [
      '{protocols: {http: {write_timeout: 5s}}}',
      'x:1:36: r::protocols::http::write_timeout: is not supported: answers are a few bytes and have no time limit of their own',
    ],
    [
      '{protocols: {http: {profiles_url_path: /p}}}',
      'x:1:40: r::protocols::http::profiles_url_path: is not supported: profiles are not received yet',
    ],
  ])('refuses %s', (yaml, message) => {
    expect(read(yaml).problems.map(formatProblem)).toEqual([message])
  })
})

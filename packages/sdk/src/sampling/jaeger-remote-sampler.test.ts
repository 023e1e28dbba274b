// SPDX-License-Identifier: Apache-2.0
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { diag, ROOT_CONTEXT } from '@otel-ts/api'
import { fakeClock } from '@otel-ts/testkit'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { AlwaysOnSampler } from '../trace/samplers.ts'
import { TracerProvider } from '../trace/tracer-provider.ts'
import { JaegerRemoteSampler, type JaegerRemoteSamplerOptions } from './jaeger-remote-sampler.ts'

const probabilistic = (samplingRate: number) =>
  JSON.stringify({ strategyType: 'PROBABILISTIC', probabilisticSampling: { samplingRate } })
const rateLimiting = JSON.stringify({ strategyType: 'RATE_LIMITING', rateLimitingSampling: { maxTracesPerSecond: 1 } })

let server: Server
let endpoint = ''
let paths: string[] = []
let answer: (response: ServerResponse, request: IncomingMessage) => void
let lines: string[] = []
const samplers: JaegerRemoteSampler[] = []

beforeEach(async () => {
  paths = []
  lines = []
  diag.setLogger({ ...console, verbose() {}, warn: (line: string) => void lines.push(line) })
  server = createServer((request, response) => {
    paths.push(`${request.method} ${request.url}`)
    answer(response, request)
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  answer = (response) => void response.end(probabilistic(1))
})

afterEach(async () => {
  await Promise.all(samplers.splice(0).map((sampler) => sampler.shutdown()))
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  diag.disable()
  vi.unstubAllEnvs()
})

function remote(options: JaegerRemoteSamplerOptions = {}): JaegerRemoteSampler {
  const sampler = new JaegerRemoteSampler({ endpoint, serviceName: 'shop', clock: fakeClock(), ...options })
  samplers.push(sampler)
  return sampler
}

const usedBy = (sampler: JaegerRemoteSampler) => /sampler=(.*)}$/.exec(`${sampler}`)?.[1]

test('asks at once for the strategy of its service, and uses it', async () => {
  const sampler = remote({ serviceName: 'shop & co' })
  expect(usedBy(sampler)).toBe('TraceIdRatioBased{0.001}')
  expect(await sampler.update()).toBe(true)
  expect(paths).toEqual(['GET /sampling?service=shop+%26+co'])
  expect(usedBy(sampler)).toBe('TraceIdRatioBased{1}')
  expect(sampler.shouldSample(ROOT_CONTEXT, '0af7651916cd43dd8400000000000000', 'a', 0, {}, []).decision).toBe(2)
})

test('keeps the path of the endpoint', async () => {
  await remote({ endpoint: `${endpoint}/jaeger/` }).update()
  expect(paths).toEqual(['GET /jaeger/sampling?service=shop'])
})

test('asks again after the interval, give or take a tenth', async () => {
  const clock = fakeClock()
  const random = [0, 1]
  const sampler = remote({ clock, pollingIntervalMillis: 1000, random: () => random.shift() ?? 0.5 })
  await sampler.update()
  answer = (response) => void response.end(rateLimiting)
  await clock.advance(899)
  expect(paths).toHaveLength(1)
  await clock.advance(1)
  await sampler.update()
  expect([paths.length, usedBy(sampler)]).toEqual([2, 'RateLimitingSampler{1}'])
  await clock.advance(1099)
  expect(paths).toHaveLength(2)
  await clock.advance(1)
  await sampler.update()
  expect(paths).toHaveLength(3)
})

test('goes on counting when the same strategy arrives again', async () => {
  answer = (response) => void response.end(rateLimiting)
  const sampler = remote()
  const decide = () => sampler.shouldSample(ROOT_CONTEXT, '0af7651916cd43dd8400000000000000', 'a', 0, {}, []).decision
  await sampler.update()
  expect(decide()).toBe(2)
  await sampler.update()
  expect(decide()).toBe(0)
})

test.each<[string, (response: ServerResponse) => void, string]>([
  ['an error', (response) => void response.writeHead(500).end(), 'the answer has status 500, not 200'],
  ['a redirect', (response) => void response.writeHead(302, { location: '/' }).end(), 'status 302'],
  ['no JSON', (response) => void response.end('<html>'), 'JSON'],
  ['an unknown strategy', (response) => void response.end('{"strategyType":"CONST"}'), 'strategyType "CONST"'],
  ['more than 1 MiB', (response) => void response.end(' '.repeat(1024 * 1024 + 1)), 'more than 1048576 bytes'],
  [
    'a part',
    (response) => void response.writeHead(200, { 'content-length': 100 }).write('{', () => response.destroy()),
    'No sampling strategy',
  ],
  ['nothing', (response) => void response.destroy(), 'No sampling strategy'],
])(
  'keeps the last strategy when the answer is %s, warns once, and says when it is over',
  async (_name, fail, reason) => {
    const sampler = remote()
    await sampler.update()
    const good = answer
    answer = fail
    expect(await sampler.update()).toBe(false)
    expect(await sampler.update()).toBe(false)
    expect(usedBy(sampler)).toBe('TraceIdRatioBased{1}')
    expect(lines).toHaveLength(1)
    expect(lines[0]).toContain(`${endpoint}/sampling?service=shop`)
    expect(lines[0]).toContain(reason)
    expect(lines[0]).toContain('TraceIdRatioBased{1} goes on to decide')
    answer = good
    expect(await sampler.update()).toBe(true)
    expect(lines).toHaveLength(2)
    expect(lines[1]).toContain('arrive from')
  },
)

test('takes an answer of 1 MiB', async () => {
  answer = (response) => void response.end(probabilistic(0.5).padEnd(1024 * 1024))
  expect(await remote().update()).toBe(true)
})

test('uses the initial sampler while nobody answers, and gives up waiting after the time-out', async () => {
  const clock = fakeClock()
  let arrived = () => {}
  const isThere = new Promise<void>((resolve) => {
    arrived = resolve
  })
  answer = () => arrived()
  const sampler = remote({ clock, timeoutMillis: 200, initialSampler: new AlwaysOnSampler() })
  const updated = sampler.update()
  await isThere
  await clock.advance(199)
  expect(lines).toEqual([])
  await clock.advance(1)
  expect(await updated).toBe(false)
  expect(lines[0]).toContain('no answer within 200 ms')
  expect(usedBy(sampler)).toBe('AlwaysOnSampler')
})

test('joins questions that are asked at once', async () => {
  const sampler = remote()
  expect(await Promise.all([sampler.update(), sampler.update()])).toEqual([true, true])
  expect(paths).toHaveLength(1)
})

test('asks no more after shutdown, ends a question under way without a warning, and goes on to decide', async () => {
  const clock = fakeClock()
  const sampler = remote({ clock })
  await sampler.update()
  let arrived = () => {}
  const isThere = new Promise<void>((resolve) => {
    arrived = resolve
  })
  answer = () => arrived()
  const pending = sampler.update()
  await isThere
  await sampler.shutdown()
  expect(await pending).toBe(false)
  await clock.advance(1_000_000)
  expect([await sampler.update(), paths.length, lines, usedBy(sampler)]).toEqual([false, 2, [], 'TraceIdRatioBased{1}'])
})

test.each(['localhost:5778', 'ftp://localhost', '', 'not a URL'])(
  'without a usable endpoint (%j) the initial sampler decides',
  async (bad) => {
    const sampler = remote({ endpoint: bad, initialSampler: new AlwaysOnSampler() })
    expect([await sampler.update(), usedBy(sampler)]).toEqual([false, 'AlwaysOnSampler'])
  },
)

test('of a provider comes from the environment, asks for the service of the resource, and stops with the provider', async () => {
  vi.stubEnv('OTEL_TRACES_SAMPLER', 'parentbased_jaeger_remote')
  vi.stubEnv('OTEL_TRACES_SAMPLER_ARG', `endpoint=${endpoint},initialSamplingRate=0`)
  vi.stubEnv('OTEL_SERVICE_NAME', 'cart')
  const asked = new Promise<void>((resolve) => {
    answer = (response) => {
      response.end(probabilistic(1))
      resolve()
    }
  })
  const provider = new TracerProvider()
  const tracer = provider.getTracer('a')
  const flags = () => tracer.startSpan('a', {}, ROOT_CONTEXT).spanContext().traceFlags & 1
  expect(flags()).toBe(0)
  await asked
  expect(paths).toEqual(['GET /sampling?service=cart'])
  await vi.waitFor(() => expect(flags()).toBe(1))
  await provider.shutdown()
})

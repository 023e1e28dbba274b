// SPDX-License-Identifier: Apache-2.0
import { captureOtlp, startCommand } from '@otel-ts/testkit'
import { expect, test } from 'vitest'
import { bin, file, otelTs, run, takenPort } from './harness.ts'

const good =
  'receivers: {nop: }\nexporters: {nop: }\nservice: {pipelines: {traces: {receivers: [nop], exporters: [nop]}}}\n'

test('validate says ok with 0, every problem with 1, and asks for a configuration with 2', async () => {
  const fine = await run('validate', '--config', await file('good.yaml', good))
  expect([fine.code, fine.output]).toEqual([0, 'ok 1 pipeline\n'])
  const wrong = await run('validate', '--config', await file('wrong.yaml', good.replace('[nop]}', '[nap]}')))
  expect([wrong.code, wrong.output]).toEqual([
    1,
    expect.stringMatching(/^error .*wrong\.yaml:3:62: service::pipelines::traces: .*\n1 problem; not started\n$/),
  ])
  const missing = await run('validate', '--config', 'no-such.yaml')
  expect([missing.code, missing.output]).toEqual([1, expect.stringContaining('no-such.yaml')])
  const none = await run('validate')
  expect([none.code, none.output]).toEqual([2, expect.stringContaining('--config: none given')])
})

test('components lists every component once', async () => {
  const { code, output } = await run('components', '--format', 'json')
  expect(code).toBe(0)
  const names = (JSON.parse(output) as { kind: string; type: string }[]).map(({ kind, type }) => `${kind} ${type}`)
  expect(new Set(names).size).toBe(names.length)
  expect(names).toEqual(expect.arrayContaining(['receiver otlp', 'processor batch', 'exporter otlp_http']))
  expect((await run('components')).output).toContain('otlp_http')
})

test('generate against a dead endpoint tells the reason and exits with 1', async () => {
  const { port, free } = await takenPort()
  await free()
  const endpoint = `http://127.0.0.1:${port}`
  const { code, output } = await run('generate', 'logs', '--endpoint', endpoint, '--rate', '100', '--duration', '100ms')
  expect(code).toBe(1)
  expect(output).toMatch(/^sent +(\d+) {2}log records.*\naccepted +0 (?:.*\n)+failed +\1 /m)
  expect(output).toContain(`${endpoint}/v1/logs: connect ECONNREFUSED`)
})

test.each([
  ['an option with a wrong value', ['generate', 'traces', '--rate', 'fast'], '--rate: "fast" is not allowed'],
  ['no signal', ['generate'], 'got 0 signals'],
  ['an unknown option', ['validate', '--confg', 'x'], "Unknown option '--confg'"],
  ['an unknown command', ['colect'], '"colect" is not a command'],
])('%s ends with 2 and says what is allowed', async (_, args, message) => {
  const { code, output } = await run(...args)
  expect([code, output]).toEqual([2, expect.stringContaining(message)])
})

test('generate stops on SIGTERM, and tells what it has sent', async () => {
  const peer = await captureOtlp()
  const command = otelTs(
    'generate',
    'traces',
    '--endpoint',
    peer.url,
    '--duration',
    '1h',
    '--rate',
    '1',
    '--batch-size',
    '1',
  )
  await peer.request(0)
  const exit = await command.stop('SIGTERM')
  await peer.close()
  expect([exit.code, command.output()]).toEqual([0, expect.stringMatching(/^sent +1 {2}spans, 1 requests/m)])
})

test('what still holds the process after a command is over does not keep it', async () => {
  const held = ['--import', 'data:text/javascript,setInterval(() => {}, 1e6)']
  const command = startCommand(process.execPath, [...held, bin, '--version'])
  expect(await command.exited).toEqual({ code: 0, signal: null })
  expect(command.output()).toMatch(/^\d+\.\d+\.\d+\n$/)
})

test.each([
  ['grpc', /OTLP\/gRPC +http:\/\/(\S+)/],
  ['http/protobuf', /OTLP\/HTTP +(http:\S+)/],
])('otel-ts alone takes traces over %s and has them in its query API', async (protocol, pattern) => {
  const command = otelTs('--endpoint', '127.0.0.1:0', '--grpc', '127.0.0.1:0', '--viewer', '127.0.0.1:0')
  const [, endpoint] = await command.waitFor(pattern)
  const [, page] = await command.waitFor(/page +(http:\S+)/)
  const sent = await run('generate', 'traces', '--protocol', protocol, '--endpoint', endpoint!, '--count', '30')
  expect(sent.code, sent.output).toBe(0)
  const answer = await fetch(`${page}/jaeger/api/services`)
  const { data } = (await answer.json()) as { data: string[] }
  expect(data.toSorted()).toEqual(['checkout', 'frontend', 'inventory'])
  expect(await command.stop()).toEqual({ code: 0, signal: null })
})

test('otel-ts alone with a viewer port that is taken names it and exits with 1', async () => {
  const { port, free } = await takenPort()
  const { code, output } = await run(
    '--endpoint',
    '127.0.0.1:0',
    '--grpc',
    '127.0.0.1:0',
    '--viewer',
    `127.0.0.1:${port}`,
  )
  await free()
  expect(code).toBe(1)
  expect(output).toMatch(new RegExp(`^otel-ts all-in-one: .*127\\.0\\.0\\.1:${port}`, 'm'))
  expect(output).not.toContain('    at ')
})

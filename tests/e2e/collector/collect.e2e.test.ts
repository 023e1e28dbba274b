// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path'
import { batchFromBytes } from '@otel-ts/otlp'
import { captureOtlp, type OtlpCapture, startCommand } from '@otel-ts/testkit'
import { afterEach, describe, expect, test } from 'vitest'
import { bin, file, folder, itemCounts, otelTs, receiverUrl, run, takenPort } from './harness.ts'

const peers: OtlpCapture[] = []
afterEach(async () => {
  for (const peer of peers.splice(0)) await peer.close()
})

async function peerOf(script: Parameters<typeof captureOtlp>[0]): Promise<OtlpCapture> {
  const peer = await captureOtlp(script)
  peers.push(peer)
  return peer
}

const gateway = (peerUrl: string) => `
receivers: {otlp: {protocols: {http: {endpoint: "127.0.0.1:0"}}}}
processors: {memory_limiter: {check_interval: 1s, limit_mib: 100}, batch: }
exporters: {otlp_http: {endpoint: "${peerUrl}"}}
service: {pipelines: {traces: {receivers: [otlp], processors: [memory_limiter, batch], exporters: [otlp_http]}}}
`

const toFile = (path: string) => `
receivers: {otlp: {protocols: {http: {endpoint: "127.0.0.1:0"}}}}
exporters: {file: {path: ${path}}}
service:
  pipelines:
    traces: {receivers: [otlp], exporters: [file]}
    metrics: {receivers: [otlp], exporters: [file]}
    logs: {receivers: [otlp], exporters: [file]}
`

describe('shutdown', () => {
  test('on SIGTERM everything acknowledged is still sent to a slow destination, then the command exits with 0', async () => {
    let answer = (): void => {}
    const gate = new Promise<void>((resolve) => (answer = resolve))
    const peer = await peerOf(async () => {
      await gate
      return { status: 200 }
    })
    const command = otelTs('collect', '--config', await file('gateway.yaml', gateway(peer.url)))
    const url = await receiverUrl(command)
    const sent = await run('generate', 'traces', '--endpoint', url, '--rate', '5000', '--duration', '500ms')
    expect(sent.code, sent.output).toBe(0)
    const [, accepted] = /accepted +(\d+)/.exec(sent.output)!
    process.kill(command.pid, 'SIGTERM')
    await command.waitFor(/Starting shutdown/)
    answer()
    expect(await command.exited, command.output()).toEqual({ code: 0, signal: null })
    let arrived = 0
    for (const { body } of peer.requests) arrived += batchFromBytes('traces', body).itemCount
    expect(arrived).toBe(Number(accepted))
    expect(command.output()).toContain('Shutdown complete.')
  })

  test('a second SIGTERM ends at once what still drains', async () => {
    const peer = await peerOf('hang')
    const command = otelTs('collect', '--config', await file('gateway.yaml', gateway(peer.url)))
    await run('generate', 'traces', '--endpoint', await receiverUrl(command), '--rate', '1000', '--duration', '100ms')
    await peer.request(0)
    process.kill(command.pid, 'SIGTERM')
    await command.waitFor(/Starting shutdown/)
    process.kill(command.pid, 'SIGTERM')
    expect(await command.exited).toEqual({ code: 143, signal: null })
  })

  test('SIGINT ends it too', async () => {
    const command = otelTs('collect', '--config', await file('gateway.yaml', gateway('http://127.0.0.1:9')))
    await receiverUrl(command)
    expect(await command.stop('SIGINT'), command.output()).toEqual({ code: 0, signal: null })
  })

  test('a sender that keeps its connection open does not hold it up', async () => {
    const command = otelTs('collect', '--config', await file('file.yaml', toFile(join(folder, 'out.json'))))
    const url = await receiverUrl(command)
    // An agent of fetch keeps the connection for the next request.
    const answer = await fetch(`${url}/v1/logs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{}]}]}]}',
    })
    expect([answer.status, await answer.text()]).toEqual([200, '{}'])
    expect(await command.stop(), command.output()).toEqual({ code: 0, signal: null })
  })
})

describe('start', () => {
  test('a port that is taken is an error that names it, and exit code 1', async () => {
    const { port, free } = await takenPort()
    const { code, output } = await run(
      'collect',
      '--config',
      await file('gateway.yaml', gateway('http://127.0.0.1:9')),
      '--set',
      `receivers.otlp.protocols.http.endpoint=127.0.0.1:${port}`,
    )
    await free()
    expect(code).toBe(1)
    expect(output).toMatch(
      new RegExp(`otel-ts collect: failed to start "otlp" receiver: .*127\\.0\\.0\\.1:${port}.*EADDRINUSE`),
    )
  })

  test('a broken configuration starts nothing and tells every problem, with exit code 1', async () => {
    const path = await file(
      'broken.yaml',
      `receivers: {otlp: {protocols: {http: {endpont: x}}}}
exporters: {debug: {verbosity: loud}}
service: {pipelines: {traces: {receivers: [otlp], exporters: [debgu]}}}
`,
    )
    const { code, output } = await run('collect', '--config', path)
    expect(code).toBe(1)
    expect(output.trimEnd().replaceAll(`${path}:`, '').split('\n')).toEqual([
      expect.stringMatching(
        /^error 1:39: receivers::otlp::protocols::http: unknown key "endpont"; did you mean "endpoint"\?/,
      ),
      'error 2:32: exporters::debug::verbosity: "loud" is not allowed; allowed: basic, normal, detailed',
      'error 3:63: service::pipelines::traces: references exporter "debgu" which is not configured; did you mean "debug"? defined: debug',
      '3 problems; not started',
    ])
  })

  test('later --config files are merged over earlier ones, and --set over all', async () => {
    const base = await file('base.yaml', toFile(join(folder, 'base.json')))
    const over = await file('over.yaml', `exporters: {file: {path: ${join(folder, 'over.json')}, format: proto}}`)
    const command = otelTs('collect', '--config', base, '--config', over, '--set', 'exporters.file.format=json')
    const url = await receiverUrl(command)
    const sent = await run('generate', 'logs', '--endpoint', url, '--rate', '1000', '--duration', '100ms')
    expect(sent.code, sent.output).toBe(0)
    await command.stop()
    expect((await itemCounts(join(folder, 'over.json'))).logs).toBeGreaterThan(0)
    await expect(itemCounts(join(folder, 'base.json'))).rejects.toThrow('ENOENT')
  })

  test('the log goes where, in the form and with the fields that service::telemetry::logs says', async () => {
    const config = await file('logs.yaml', toFile(join(folder, 'out.json')))
    // stderr is thrown away: what is left came over stdout.
    const command = startCommand('sh', [
      '-c',
      'exec "$0" "$@" 2>/dev/null',
      ...[process.execPath, bin, 'collect', '--config', config],
      ...['--set', 'service.telemetry.logs.encoding=json'],
      ...['--set', 'service.telemetry.logs.output_paths=[stdout]'],
      ...['--set', 'service.telemetry.logs.initial_fields.site=lab'],
    ])
    await command.waitFor(/Everything is ready/)
    const lines = command.output().trimEnd().split('\n')
    await command.stop()
    for (const line of lines) expect(JSON.parse(line)).toMatchObject({ level: 'info', site: 'lab' })
  })
})

describe('generate against collect', () => {
  test.each(['http/protobuf', 'http/json'])(
    'every item of the three signals arrives, sent over %s',
    async (protocol) => {
      const path = join(folder, 'out.json')
      const command = otelTs('collect', '--config', await file('file.yaml', toFile(path)))
      const url = await receiverUrl(command)
      const accepted: Record<string, number> = {}
      for (const signal of ['traces', 'metrics', 'logs']) {
        const args = [
          '--endpoint',
          url,
          '--protocol',
          protocol,
          '--rate',
          '2000',
          '--duration',
          '300ms',
          '--batch-size',
          '50',
        ]
        const { code, output } = await run('generate', signal, ...args)
        expect(code, output).toBe(0)
        accepted[signal] = Number(/accepted +(\d+)/.exec(output)![1])
        expect(accepted[signal]).toBeGreaterThan(0)
      }
      expect(await command.stop()).toEqual({ code: 0, signal: null })
      expect(await itemCounts(path)).toEqual(accepted)
    },
  )
})

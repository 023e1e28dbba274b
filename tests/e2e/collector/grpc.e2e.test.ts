// SPDX-License-Identifier: Apache-2.0
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type RunningCommand, type TestCertificate, testAuthority } from '@otel-ts/testkit'
import { describe, expect, test } from 'vitest'
import { file, folder, itemCounts, otelTs, run, takenPort } from './harness.ts'

/** A Collector, and its addresses by protocol once it is ready. */
async function collect(name: string, yaml: string): Promise<{ command: RunningCommand; grpc: string }> {
  const command = otelTs('collect', '--config', await file(name, yaml))
  const [, grpc] = await command.waitFor(/Listening for OTLP over gRPC +address=(\S+)/)
  await command.waitFor(/Everything is ready/)
  return { command, grpc: grpc! }
}

const pipelines = (exporter: string) => `
service:
  pipelines:
    traces: {receivers: [otlp], processors: [batch], exporters: [${exporter}]}
    metrics: {receivers: [otlp], processors: [batch], exporters: [${exporter}]}
    logs: {receivers: [otlp], processors: [batch], exporters: [${exporter}]}
`
const receiver = (keys: string) => `
receivers: {otlp: {protocols: {grpc: {endpoint: "127.0.0.1:0"${keys}}}}}
processors: {batch: {timeout: 50ms}}
`

const sendAll = async (...args: string[]): Promise<Record<string, number>> => {
  const accepted: Record<string, number> = {}
  for (const signal of ['traces', 'metrics', 'logs']) {
    const { code, output } = await run('generate', signal, '--protocol', 'grpc', '--rate', '0', ...args, '--json')
    expect(code, output).toBe(0)
    accepted[signal] = JSON.parse(output).acceptedItemCount
  }
  return accepted
}

/** Writes a certificate and its key, and gives their paths. */
async function files(name: string, { chain, key }: TestCertificate): Promise<{ cert: string; key: string }> {
  return { cert: await file(`${name}.pem`, chain), key: await file(`${name}.key`, key) }
}

test.each(['none', 'gzip', 'deflate', 'snappy'])(
  'every item of the three signals arrives through two Collectors over gRPC, sent with %s',
  async (compression) => {
    const path = join(folder, 'out.json')
    const last = await collect('last.yaml', `${receiver('')}exporters: {file: {path: ${path}}}${pipelines('file')}`)
    const exporter = `{otlp_grpc: {endpoint: "${last.grpc}", tls: {insecure: true}}}`
    const first = await collect('first.yaml', `${receiver('')}exporters: ${exporter}${pipelines('otlp_grpc')}`)
    const accepted = await sendAll('--endpoint', first.grpc, '--count', '1050', '--compression', compression)
    expect(accepted).toEqual({ traces: 1050, metrics: 1050, logs: 1050 })
    expect(await first.command.stop(), first.command.output()).toEqual({ code: 0, signal: null })
    expect(await last.command.stop(), last.command.output()).toEqual({ code: 0, signal: null })
    expect(await itemCounts(path)).toEqual(accepted)
  },
)

describe('nothing that was acknowledged is lost', () => {
  const retry = 'retry_on_failure: {initial_interval: 50ms, max_interval: 200ms}'

  test('while the destination asks connections to go again and again', async () => {
    const path = join(folder, 'out.json')
    const young = ', keepalive: {server_parameters: {max_connection_age: 100ms, max_connection_age_grace: 5s}}'
    const last = await collect('last.yaml', `${receiver(young)}exporters: {file: {path: ${path}}}${pipelines('file')}`)
    const exporter = `{otlp_grpc: {endpoint: "${last.grpc}", tls: {insecure: true}, ${retry}}}`
    const first = await collect('first.yaml', `${receiver(young)}exporters: ${exporter}${pipelines('otlp_grpc')}`)
    const args = ['--endpoint', first.grpc, '--rate', '5000', '--duration', '2s', '--batch-size', '20', '--json']
    const { code, output } = await run('generate', 'logs', '--protocol', 'grpc', ...args)
    const { acceptedItemCount, sentItemCount } = JSON.parse(output.split('\n')[0]!)
    expect([code, acceptedItemCount], output).toEqual([0, sentItemCount])
    expect(await first.command.stop(), first.command.output()).toEqual({ code: 0, signal: null })
    expect(await last.command.stop()).toEqual({ code: 0, signal: null })
    expect((await itemCounts(path)).logs).toBe(acceptedItemCount)
    expect(first.command.output()).not.toContain('ERROR')
  })

  test('while the destination is away, and it all arrives once it is there', async () => {
    const { port, free } = await takenPort()
    await free()
    const exporter = `{otlp_grpc: {endpoint: "127.0.0.1:${port}", tls: {insecure: true}, ${retry}}}`
    const first = await collect('first.yaml', `${receiver('')}exporters: ${exporter}${pipelines('otlp_grpc')}`)
    const accepted = await sendAll('--endpoint', first.grpc, '--count', '500')
    await first.command.waitFor(/Exporting failed; will try again/)
    const path = join(folder, 'out.json')
    const config = receiver('').replace('127.0.0.1:0', `127.0.0.1:${port}`)
    const last = await collect('last.yaml', `${config}exporters: {file: {path: ${path}}}${pipelines('file')}`)
    expect(await first.command.stop(), first.command.output()).toEqual({ code: 0, signal: null })
    expect(await last.command.stop()).toEqual({ code: 0, signal: null })
    expect(await itemCounts(path)).toEqual(accepted)
  })
})

describe('TLS', () => {
  test('both hops with client certificates; who has none is not served', async () => {
    const authority = testAuthority()
    const ca = await file('ca.pem', authority.certificate)
    const server = await files('server', authority.issue({ usage: 'server' }))
    const client = await files('client', authority.issue({ usage: 'client' }))
    const mutual = `, tls: {cert_file: ${server.cert}, key_file: ${server.key}, client_ca_file: ${ca}}`
    const path = join(folder, 'out.json')
    const last = await collect('last.yaml', `${receiver(mutual)}exporters: {file: {path: ${path}}}${pipelines('file')}`)
    const own = `tls: {ca_file: ${ca}, cert_file: ${client.cert}, key_file: ${client.key}}`
    const first = await collect(
      'first.yaml',
      `${receiver(mutual)}exporters: {otlp_grpc: {endpoint: "${last.grpc}", ${own}}}${pipelines('otlp_grpc')}`,
    )
    const args = ['--endpoint', first.grpc, '--ca', ca, '--count', '100']
    const accepted = await sendAll(...args, '--cert', client.cert, '--key', client.key)
    const stranger = await run('generate', 'traces', '--protocol', 'grpc', ...args)
    expect(stranger.code, stranger.output).toBe(1)
    expect(await first.command.stop(), first.command.output()).toEqual({ code: 0, signal: null })
    expect(await last.command.stop()).toEqual({ code: 0, signal: null })
    expect(await itemCounts(path)).toEqual(accepted)
  })

  test('a renewed certificate serves new connections without a restart; one that is broken does not replace it', async () => {
    const old = testAuthority('old')
    const renewed = testAuthority('renewed')
    const server = await files('server', old.issue({ usage: 'server' }))
    const oldCa = await file('old-ca.pem', old.certificate)
    const newCa = await file('new-ca.pem', renewed.certificate)
    const tls = `, tls: {cert_file: ${server.cert}, key_file: ${server.key}, reload_interval: 50ms}`
    const path = join(folder, 'out.json')
    const { command, grpc } = await collect(
      'tls.yaml',
      `${receiver(tls)}exporters: {file: {path: ${path}}}${pipelines('file')}`,
    )
    const send = (ca: string) =>
      run('generate', 'logs', '--protocol', 'grpc', '--endpoint', grpc, '--ca', ca, '--count', '10', '--rate', '0')
    expect((await send(oldCa)).code).toBe(0)
    const { chain, key } = renewed.issue({ usage: 'server' })
    await writeFile(server.key, key)
    await writeFile(server.cert, chain)
    await command.waitFor(/Certificates were read again/)
    expect((await send(newCa)).code).toBe(0)
    expect((await send(oldCa)).code).toBe(1)
    await writeFile(server.cert, 'no certificate')
    await command.waitFor(/WARN +receiver otlp +Changed certificates cannot be used/)
    expect((await send(newCa)).code).toBe(0)
    expect(await command.stop()).toEqual({ code: 0, signal: null })
  })

  test('an exporter whose certificates cannot be read does not start', async () => {
    const config = `${receiver('')}exporters: {otlp_grpc: {endpoint: "h:1", tls: {ca_file: none.pem}}}${pipelines('otlp_grpc')}`
    const { code, output } = await run('collect', '--config', await file('bad.yaml', config))
    expect([code, output]).toEqual([1, expect.stringMatching(/failed to start "otlp_grpc" exporter: .*none\.pem/)])
  })
})

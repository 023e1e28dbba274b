// SPDX-License-Identifier: Apache-2.0
// TLS and mTLS with our clients and other implementations as servers: what ours shall refuse, what they shall.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { createOtlpGrpcClient, createOtlpHttpClient, type OtlpOutcome } from '@otel-ts/otlp/client'
import { startCommand } from '@otel-ts/testkit'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { freePorts } from '../otlp/free-ports.ts'
import { goPeerOrSkip, startGoCollector } from '../otlp/go-collector.ts'
import { requestWithSpan } from '../otlp/messages.ts'
import { pythonPeerOrSkip } from '../otlp/python-peer.ts'
import { grpcJsOrSkip, startServer } from '../otlp-grpc-js/grpc-js.ts'
import { type CertificateFiles, makeCertificates } from './certificate-files.ts'

const go = goPeerOrSkip('otel-collector')
const python = pythonPeerOrSkip('python-sdk')
const grpcJs = grpcJsOrSkip()
const certificates = makeCertificates()
afterAll(() => certificates.remove())

type Protocol = 'grpc' | 'http'
/** Starts a server with this certificate; with an authority it asks clients for a certificate. */
type Start = (
  own: CertificateFiles,
  clientAuthority: string | undefined,
) => Promise<{ address: string; stop(): unknown }>

const servers: readonly { name: string; protocol: Protocol; isThere: boolean; start: Start }[] = [
  ...(['grpc', 'http'] as const).map((protocol) => ({
    name: `a Go Collector over ${protocol}`,
    protocol,
    isThere: go !== undefined,
    async start(own: CertificateFiles, clientAuthority: string | undefined) {
      const [port] = await freePorts(1)
      const endpoint = `127.0.0.1:${port}`
      const tls = {
        cert_file: own.certificate,
        key_file: own.key,
        ...(clientAuthority === undefined ? {} : { client_ca_file: clientAuthority }),
      }
      const { stop } = await startGoCollector(go!, {
        receivers: { otlp: { protocols: { [protocol]: { endpoint, tls } } } },
        exporters: { nop: {} },
        service: { pipelines: { traces: { receivers: ['otlp'], exporters: ['nop'] } } },
      })
      return { address: endpoint, stop }
    },
  })),
  {
    name: "Python's grpcio",
    protocol: 'grpc',
    isThere: python !== undefined,
    async start(own, clientAuthority) {
      const script = fileURLToPath(new URL('../../../peers/python-sdk/serve.py', import.meta.url))
      const authority = clientAuthority === undefined ? [] : [clientAuthority]
      const command = startCommand(python!, [script, '/dev/null', own.certificate, own.key, ...authority])
      const [, port] = await command.waitFor(/listening on (\d+)/)
      return { address: `127.0.0.1:${port}`, stop: () => command.stop() }
    },
  },
  {
    name: 'grpc-js',
    protocol: 'grpc',
    isThere: grpcJs !== undefined,
    async start(own, clientAuthority) {
      const pair = { private_key: readFileSync(own.key), cert_chain: readFileSync(own.certificate) }
      const authority = clientAuthority === undefined ? null : readFileSync(clientAuthority)
      const secure = grpcJs!.ServerCredentials.createSsl(authority, [pair], authority !== null)
      const started = await startServer(grpcJs!, (_s, _c, answer) => answer(null, Buffer.alloc(0)), {}, secure)
      return { address: started.address, stop: () => started.server.forceShutdown() }
    },
  },
]

const { valid, expired, wrongName, foreign } = certificates
const accepted = { result: 'accepted', partialSuccess: undefined }
const refused = { result: 'failed' }

describe.each(servers)('$name', ({ protocol, isThere, start }) => {
  let stop = (): unknown => undefined
  afterEach(async () => {
    await stop()
  })

  async function send(address: string, own: CertificateFiles | undefined, serverName?: string): Promise<OtlpOutcome> {
    const tls = {
      ca: { file: certificates.authority },
      ...(own === undefined ? {} : { certificate: { file: own.certificate }, key: { file: own.key } }),
      ...(serverName === undefined ? {} : { serverName }),
    }
    const common = { tls, timeoutMillis: 5000, proxy: 'none' } as const
    const client =
      protocol === 'grpc'
        ? createOtlpGrpcClient({ ...common, endpoint: address })
        : createOtlpHttpClient({ ...common, url: `https://${address}/v1/traces` })
    const outcome = await client.send({ signal: 'traces', chunks: [requestWithSpan(Buffer.alloc(0))], itemCount: 1 })
    await client.shutdown()
    return outcome
  }

  test.skipIf(!isThere).each([
    { name: 'a valid certificate', server: valid, expected: accepted, says: '' },
    { name: 'an expired certificate', server: expired, expected: refused, says: 'expired' },
    { name: 'a certificate of another name', server: wrongName, expected: refused, says: '127.0.0.1' },
    { name: 'a certificate of a foreign authority', server: foreign, expected: refused, says: 'certificate' },
  ])('$name: $expected.result', async ({ server, expected, says }) => {
    const started = await start(server, undefined)
    stop = started.stop
    const outcome = await send(started.address, undefined)
    expect(outcome).toMatchObject(expected)
    // The message names the cause.
    if (outcome.result === 'failed') expect(outcome.error.message).toContain(says)
  })

  test.skipIf(!isThere)('a certificate of another name is fine for who expects that name', async () => {
    const started = await start(wrongName, undefined)
    stop = started.stop
    expect(await send(started.address, undefined, 'other.test')).toEqual(accepted)
  })

  test.skipIf(!isThere)('mTLS: a client certificate is needed, valid and of the authority asked for', async () => {
    const started = await start(valid, certificates.authority)
    stop = started.stop
    expect(await send(started.address, valid)).toEqual(accepted)
    for (const own of [undefined, expired, foreign]) {
      const outcome = await send(started.address, own)
      expect(outcome).toMatchObject(refused)
      // At once, and with the cause.
      expect(outcome.result === 'failed' && outcome.error.message).toMatch(/certificate/)
    }
  })
})

// SPDX-License-Identifier: Apache-2.0
// TLS and mTLS with other implementations as clients of our servers: what they shall refuse, what ours shall.
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Signal } from '@otel-ts/otlp'
import {
  createOtlpGrpcServer,
  createOtlpHttpServer,
  type OtlpServer,
  type ServerTlsOptions,
} from '@otel-ts/otlp/server'
import { afterAll, describe, expect, test } from 'vitest'
import { goPeerOrSkip } from '../otlp/go-collector.ts'
import { requestWithSpan } from '../otlp/messages.ts'
import { pythonPeerOrSkip } from '../otlp/python-peer.ts'
import { exportPath, grpcJsOrSkip, unary } from '../otlp-grpc-js/grpc-js.ts'
import { type CertificateFiles, makeCertificates } from './certificate-files.ts'

const go = goPeerOrSkip('go-otlp')
const python = pythonPeerOrSkip('python-sdk')
const grpcJs = grpcJsOrSkip()
const certificates = makeCertificates()
afterAll(() => certificates.remove())

type Protocol = 'grpc' | 'http'
/** Sends all signals, or traces alone, and resolves with whether all was accepted. */
type Send = (address: string, own: CertificateFiles | undefined) => Promise<boolean>

const clients: readonly { name: string; protocol: Protocol; isThere: boolean; send: Send }[] = [
  ...(['grpc', 'http'] as const).map((protocol) => ({
    name: `Go over ${protocol}`,
    protocol,
    isThere: go !== undefined,
    send: (address: string, own: CertificateFiles | undefined) => {
      const ownArgs = own === undefined ? [] : ['-cert', own.certificate, '-key', own.key]
      return succeeds(go!, ['-protocol', protocol, '-endpoint', address, '-ca', certificates.authority, ...ownArgs])
    },
  })),
  ...(['grpc', 'http'] as const).map((protocol) => ({
    name: `Python over ${protocol}`,
    protocol,
    isThere: python !== undefined,
    send: (address: string, own: CertificateFiles | undefined) => {
      const script = fileURLToPath(new URL('../../../peers/python-sdk/send.py', import.meta.url))
      const ownArgs = own === undefined ? [] : [own.certificate, own.key]
      return succeeds(python!, [
        script,
        protocol,
        `https://${address}`,
        '/dev/null',
        certificates.authority,
        ...ownArgs,
      ])
    },
  })),
  {
    name: 'grpc-js',
    protocol: 'grpc',
    isThere: grpcJs !== undefined,
    async send(address, own) {
      const read = (path: string | undefined): Buffer | null => (path === undefined ? null : readFileSync(path))
      const secure = grpcJs!.credentials.createSsl(read(certificates.authority), read(own?.key), read(own?.certificate))
      // It gives an address as server name otherwise, which TLS does not allow and newer versions of Node refuse.
      const client = new grpcJs!.Client(address, secure, { 'grpc.ssl_target_name_override': 'localhost' })
      try {
        await unary(client, exportPath.traces, requestWithSpan(Buffer.alloc(0)), new grpcJs!.Metadata(), 5000)
        return true
      } catch {
        return false
      } finally {
        client.close()
      }
    },
  },
]

const { valid, expired, wrongName, foreign } = certificates
const cases = [
  { name: 'a valid certificate', server: valid, asksForClient: false, own: undefined, works: true },
  { name: 'an expired certificate', server: expired, asksForClient: false, own: undefined, works: false },
  { name: 'a certificate of another name', server: wrongName, asksForClient: false, own: undefined, works: false },
  { name: 'a certificate of a foreign authority', server: foreign, asksForClient: false, own: undefined, works: false },
  { name: 'mTLS, client with a certificate', server: valid, asksForClient: true, own: valid, works: true },
  { name: 'mTLS, client without a certificate', server: valid, asksForClient: true, own: undefined, works: false },
  { name: 'mTLS, client with an expired one', server: valid, asksForClient: true, own: expired, works: false },
  { name: 'mTLS, client with a foreign one', server: valid, asksForClient: true, own: foreign, works: false },
] as const

// Concurrently: clients that are refused try again until their time is up.
describe.each(clients)('$name', ({ protocol, isThere, send }) => {
  test.skipIf(!isThere).concurrent.each(cases)(
    '$name: works: $works',
    async ({ server, asksForClient, own, works }) => {
      const received: Signal[] = []
      const ours = await startOurs(
        protocol,
        {
          certificate: { file: server.certificate },
          key: { file: server.key },
          ...(asksForClient ? { clientCa: { file: certificates.authority } } : {}),
        },
        received,
      )
      const sent = await send(ours.addresses[0]!, own)
      await ours.shutdown(0)
      expect(sent).toBe(works)
      if (works) expect(received).toContain('traces')
      else expect(received).toEqual([])
    },
  )
})

function startOurs(protocol: Protocol, tls: ServerTlsOptions, received: Signal[]): Promise<OtlpServer> {
  const create = protocol === 'grpc' ? createOtlpGrpcServer : createOtlpHttpServer
  return create({
    endpoint: '127.0.0.1:0',
    tls,
    handler: async (batch) => {
      received.push(batch.signal)
      return undefined
    },
  })
}

function succeeds(program: string, args: readonly string[]): Promise<boolean> {
  // Python's requests takes these over the authority that it is given.
  const { REQUESTS_CA_BUNDLE: _requests, CURL_CA_BUNDLE: _curl, ...env } = process.env
  return new Promise((resolve) => {
    execFile(program, args, { timeout: 50_000, env }, (error) => resolve(error === null))
  })
}

// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import type { ExportResult, SpanExporter } from '@otel-ts/sdk'
import { captureOtlp, type OtlpCapture, testAuthority } from '@otel-ts/testkit'
import { afterEach, describe, expect } from 'vitest'
import { captureGrpc, type GrpcCapture } from '../grpc-capture.ts'
import type { DefineTest, Implementation } from '../implementation.ts'
import type { OtlpWay } from '../otlp-exporter-options.ts'
import { startTracing } from '../tracing.ts'

const prefix = 'OTEL_EXPORTER_OTLP_'

/** protocol/exporter.md#configuration-options, as far as exporters read it. */
export function otlpEnvironmentConformance(implementation: Implementation, test: DefineTest): void {
  const { api, otlpExporter } = implementation
  const closing: (() => unknown)[] = []

  async function http(): Promise<OtlpCapture> {
    const wire = await captureOtlp()
    closing.push(() => wire.close())
    return wire
  }
  async function grpc(): Promise<GrpcCapture> {
    const wire = await captureGrpc()
    closing.push(() => wire.close())
    return wire
  }

  /** One span through an exporter that knows nothing but these variables, given without their common prefix. */
  function exportUnder(way: OtlpWay, variables: Record<string, string>): Promise<ExportResult> {
    for (const [name, value] of Object.entries(variables)) {
      process.env[prefix + name] = value
      closing.push(() => void delete process.env[prefix + name])
    }
    const exporter: SpanExporter = otlpExporter(way, {})
    closing.push(() => exporter.shutdown())
    const span = startTracing(implementation).exported()
    return new Promise((resolve) => exporter.export([span], resolve))
  }

  describe('OTLP variables', () => {
    afterEach(async () => {
      api.diag.disable()
      for (const close of closing.splice(0).reverse()) await close()
    })

    test('ENDPOINT is a base to which v1/traces is appended, with and without a slash at its end', async () => {
      const { url, requests } = await http()
      for (const base of [url, `${url}/`, `${url}/a`, `${url}/a/`]) {
        expect((await exportUnder('protobuf', { ENDPOINT: base })).code).toBe(0)
      }
      expect(requests.map(({ path }) => path)).toEqual(['/v1/traces', '/v1/traces', '/a/v1/traces', '/a/v1/traces'])
    })

    test('TRACES_ENDPOINT is used as it is and wins', async () => {
      const { url, requests } = await http()
      const base = { ENDPOINT: 'http://127.0.0.1:1/base' }
      for (const own of [url, `${url}/`, `${url}/a`]) await exportUnder('json', { ...base, TRACES_ENDPOINT: own })
      expect(requests.map(({ path }) => path)).toEqual(['/', '/', '/a'])
    })

    test('ENDPOINT gets no path over gRPC', async () => {
      const { url, calls } = await grpc()
      expect((await exportUnder('grpc', { ENDPOINT: url })).code).toBe(0)
      expect(calls[0]?.path).toBe('/opentelemetry.proto.collector.trace.v1.TraceService/Export')
    })

    test('INSECURE holds for an endpoint without scheme over gRPC, where a scheme wins', async () => {
      const { url, port, calls } = await grpc()
      expect((await exportUnder('grpc', { ENDPOINT: `127.0.0.1:${port}`, INSECURE: 'true' })).code).toBe(0)
      expect((await exportUnder('grpc', { ENDPOINT: url, INSECURE: 'false' })).code).toBe(0)
      expect(calls).toHaveLength(2)
    })

    test('HEADERS are decoded and sent; those for traces win', async () => {
      const { url, requests } = await http()
      const { url: grpcUrl, calls } = await grpc()
      const headers = { HEADERS: 'x-a=1, x-b = two%20words', TRACES_HEADERS: 'x-a=2' }
      await exportUnder('protobuf', { ENDPOINT: url, ...headers })
      expect(requests[0]?.headers).toMatchObject({ 'x-a': '2', 'x-b': 'two words' })
      await exportUnder('grpc', { ENDPOINT: grpcUrl, ...headers })
      expect(calls[0]?.headers).toMatchObject({ 'x-a': '2', 'x-b': 'two words' })
    })

    test('COMPRESSION is that of requests; that for traces wins', async () => {
      const { url, requests } = await http()
      const { url: grpcUrl, calls } = await grpc()
      await exportUnder('protobuf', { ENDPOINT: url, COMPRESSION: 'gzip' })
      await exportUnder('protobuf', { ENDPOINT: url, COMPRESSION: 'gzip', TRACES_COMPRESSION: 'none' })
      expect(requests.map(({ headers }) => headers['content-encoding'])).toEqual(['gzip', undefined])
      await exportUnder('grpc', { ENDPOINT: grpcUrl, TRACES_COMPRESSION: '', COMPRESSION: 'gzip' })
      expect(calls[0]?.headers['grpc-encoding']).toBe('gzip')
    })

    test('TIMEOUT ends an export that has no answer; that for traces wins', async () => {
      const wire = await http()
      wire.answer('hang')
      expect(
        (await exportUnder('protobuf', { ENDPOINT: wire.url, TIMEOUT: '600000', TRACES_TIMEOUT: '50' })).code,
      ).toBe(1)
    })

    test('what is empty or cannot be used counts as not set', async () => {
      const { url, requests } = await http()
      const variables = { TRACES_ENDPOINT: '', ENDPOINT: url, COMPRESSION: 'tar', TIMEOUT: 'soon' }
      expect((await exportUnder('protobuf', variables)).code).toBe(0)
      expect(requests[0]?.path).toBe('/v1/traces')
      expect(requests[0]?.headers['content-encoding']).toBeUndefined()
    })

    test('CERTIFICATE is who may sign the endpoint, and CLIENT_CERTIFICATE with CLIENT_KEY who asks', async () => {
      const authority = testAuthority()
      const own = authority.issue()
      const client = authority.issue({ commonName: 'the client' })
      const folder = mkdtempSync(join(tmpdir(), 'otlp-tls-'))
      closing.push(() => rmSync(folder, { recursive: true }))
      const file = (name: string, text: string): string => {
        writeFileSync(join(folder, name), text)
        return join(folder, name)
      }
      const names: (string | undefined)[] = []
      const server: Server = createServer(
        { cert: own.certificate, key: own.key, ca: authority.certificate, requestCert: true, rejectUnauthorized: true },
        (request: IncomingMessage, response) => {
          names.push((request.socket as TLSSocket).getPeerCertificate().subject.CN as string)
          request.resume().on('end', () => response.end())
        },
      )
      server.on('tlsClientError', () => {})
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      closing.push(() => {
        server.closeAllConnections()
        return new Promise<void>((resolve) => server.close(() => resolve()))
      })
      const { port } = server.address() as AddressInfo
      const variables = {
        ENDPOINT: `https://127.0.0.1:${port}`,
        CERTIFICATE: file('ca.pem', authority.certificate),
        CLIENT_CERTIFICATE: file('client.pem', client.certificate),
        CLIENT_KEY: file('client.key', client.key),
      }
      expect((await exportUnder('protobuf', variables)).code).toBe(0)
      expect(names).toEqual(['the client'])
    })
  })
}

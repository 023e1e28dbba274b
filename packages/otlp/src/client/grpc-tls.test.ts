// SPDX-License-Identifier: Apache-2.0
// Certificates on both ends of gRPC, and their change while calls go on.
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { OtlpClient, OtlpGrpcClientOptions, OtlpOutcome } from '@otel-ts/otlp/client'
import { createOtlpGrpcClient } from '@otel-ts/otlp/client'
import { createOtlpGrpcServer, type OtlpGrpcServerOptions, type OtlpServer } from '@otel-ts/otlp/server'
import { type FakeClock, fakeClock, type TestAuthority, type TestCertificate, testAuthority } from '@otel-ts/testkit'
import { afterEach, expect, test } from 'vitest'

const cleanups: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const authority = testAuthority('Root')
const otherAuthority = testAuthority('Other root')
const accepted: OtlpOutcome = { result: 'accepted', partialSuccess: undefined }

async function serve(options: Partial<OtlpGrpcServerOptions>): Promise<OtlpServer> {
  const server = await createOtlpGrpcServer({ endpoint: '127.0.0.1:0', handler: async () => undefined, ...options })
  cleanups.push(() => server.shutdown(0))
  return server
}

function client(server: OtlpServer, options: Partial<OtlpGrpcClientOptions>): OtlpClient {
  const made = createOtlpGrpcClient({ endpoint: server.addresses[0]!, ...options })
  cleanups.push(() => made.shutdown())
  return made
}

// An item count that no decoding asks for: the message is empty and still one that needs a connection.
const send = (otlp: OtlpClient) => otlp.send({ signal: 'traces', chunks: [], itemCount: 1 })

function pair({ chain, key }: TestCertificate) {
  return { certificate: { pem: chain }, key: { pem: key } }
}

const serverPair = (by: TestAuthority) => pair(by.issue({ usage: 'server' }))

test('with clientCa only clients with a certificate of that authority get through, others are told why', async () => {
  const server = await serve({ tls: { ...serverPair(authority), clientCa: { pem: authority.certificate } } })
  const ca = { pem: authority.certificate }
  const own = pair(authority.issue({ usage: 'client' }))
  const foreign = pair(otherAuthority.issue({ usage: 'client' }))
  expect(await send(client(server, { tls: { ca, ...own } }))).toEqual(accepted)
  for (const tls of [{ ca }, { ca, ...foreign }]) {
    const outcome = await send(client(server, { tls }))
    expect(outcome).toMatchObject({ result: 'failed', retryable: true, error: { code: 'OTLP_CONNECTION' } })
    expect(outcome.result === 'failed' && outcome.error.message).toMatch(/certificate/)
  }
})

/** Files that TLS options name. */
function folder() {
  const path = mkdtempSync(join(tmpdir(), 'otlp-grpc-tls-'))
  cleanups.push(() => rmSync(path, { recursive: true }))
  return {
    at: (name: string) => ({ file: join(path, name) }),
    write(name: string, text: string): void {
      // In one step, as secrets are put in place: a reader never sees half a file.
      writeFileSync(join(path, `${name}.new`), text)
      renameSync(join(path, `${name}.new`), join(path, name))
    },
  }
}

/** Moves time to the next reading of files and waits until it has ended: then the one after it is planned. */
async function reload(clock: FakeClock, millis: number): Promise<void> {
  const before = clock.pendingCount
  await clock.advance(millis)
  while (clock.pendingCount < before) await new Promise((resolve) => setImmediate(resolve))
}

test('a client takes up changed authorities and its own changed certificate for its next connections', async () => {
  const clock = fakeClock()
  const files = folder()
  const put = (by: TestAuthority): void => {
    const own = by.issue({ usage: 'client' })
    files.write('ca', by.certificate)
    files.write('cert', own.chain)
    files.write('key', own.key)
  }
  const tlsOf = (by: TestAuthority) => ({ ...serverPair(by), clientCa: { pem: by.certificate } })
  put(authority)
  const first = await serve({ tls: tlsOf(authority) })
  const told: string[] = []
  const otlp = client(first, {
    clock,
    timeoutMillis: 0,
    tls: { ca: files.at('ca'), certificate: files.at('cert'), key: files.at('key'), reloadIntervalMillis: 1000 },
    observer: { tls: { reloaded: () => told.push('reloaded'), reloadFailed: ({ error }) => told.push(error.message) } },
  })
  expect(await send(otlp)).toEqual(accepted)
  // The endpoint comes back with everything of another authority.
  await first.shutdown(0)
  await serve({ endpoint: first.addresses[0]!, tls: tlsOf(otherAuthority) })
  expect(await send(otlp)).toMatchObject({ result: 'failed', error: { code: 'OTLP_CONNECTION' } })
  put(otherAuthority)
  await clock.advance(1000)
  while (told.length === 0) await new Promise((resolve) => setImmediate(resolve))
  // The back-off of the connection that failed.
  let outcome = await send(otlp)
  for (let tries = 0; outcome.result === 'failed' && tries < 100; tries++) {
    await clock.advance(1000)
    await new Promise((resolve) => setImmediate(resolve))
    outcome = await send(otlp)
  }
  expect([outcome, told]).toEqual([accepted, ['reloaded']])
})

test('a server shows its changed certificate to new connections, and those that stand go on', async () => {
  const clock = fakeClock()
  const files = folder()
  const put = (by: TestAuthority): void => {
    const own = by.issue({ usage: 'server' })
    files.write('cert', own.chain)
    files.write('key', own.key)
  }
  put(authority)
  const told: string[] = []
  const server = await serve({
    clock,
    tls: { certificate: files.at('cert'), key: files.at('key'), reloadIntervalMillis: 1000 },
    observer: { tls: { reloaded: () => told.push('reloaded') } },
  })
  const early = client(server, { tls: { ca: { pem: authority.certificate } } })
  expect(await send(early)).toEqual(accepted)
  put(otherAuthority)
  await reload(clock, 1000)
  expect(told).toEqual(['reloaded'])
  expect(await send(client(server, { tls: { ca: { pem: otherAuthority.certificate } } }))).toEqual(accepted)
  expect(await send(client(server, { tls: { ca: { pem: authority.certificate } } }))).toMatchObject({
    result: 'failed',
    error: { code: 'OTLP_CONNECTION' },
  })
  expect(await send(early)).toEqual(accepted)
})

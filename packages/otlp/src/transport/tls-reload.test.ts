// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import tls from 'node:tls'
import { type FakeClock, fakeClock, type TestCertificate, testAuthority } from '@otel-ts/testkit'
import { afterEach, describe, expect, test } from 'vitest'
import { createClientTls, createServerTls } from './tls.ts'
import type { ServerTlsOptions, TlsObserver } from './tls-options.ts'

const root = testAuthority('Root')
const otherRoot = testAuthority('Other root')

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** Files that TLS options name, and what the observer was told of them. */
function files() {
  const path = mkdtempSync(join(tmpdir(), 'otlp-tls-'))
  cleanups.push(() => rmSync(path, { recursive: true }))
  const told: string[] = []
  const observer: TlsObserver = {
    reloaded: () => told.push('reloaded'),
    reloadFailed: ({ error }) => told.push(error.message.replaceAll(path, '')),
    certificateNotValid: () => told.push('not valid'),
  }
  return {
    told,
    observer,
    at: (name: string) => ({ file: join(path, name) }),
    write(name: string, text: string): void {
      // In one step, as secrets are put in place: a reader never sees half a file.
      writeFileSync(join(path, `${name}.new`), text)
      renameSync(join(path, `${name}.new`), join(path, name))
    },
    remove: (name: string) => rmSync(join(path, name)),
    writePair(pair: TestCertificate): void {
      this.write('cert.pem', pair.chain)
      this.write('key.pem', pair.key)
    },
  }
}

/** Moves time to the next reading and waits until it has ended: then the one after it is planned. */
async function read(clock: FakeClock, millis: number): Promise<void> {
  const before = clock.pendingCount
  await clock.advance(millis)
  while (clock.pendingCount < before) await new Promise((resolve) => setImmediate(resolve))
}

async function serve(options: ServerTlsOptions, clock: FakeClock, observer: TlsObserver, count = 1) {
  const own = createServerTls(options, clock, observer)
  cleanups.push(() => own.close())
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = tls.createServer(own.serverOptions(), (socket) => {
        socket.on('error', () => {})
        socket.write('hello')
      })
      server.on('tlsClientError', () => {})
      own.attach(server)
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      cleanups.push(() => new Promise((resolve) => server.close(resolve)))
      return server
    }),
  )
  return servers.map((server) => (server.address() as { port: number }).port)
}

/** An open connection after its first bytes, or the code of the error. */
function open(port: number, options: tls.ConnectionOptions): Promise<tls.TLSSocket | string> {
  return new Promise((resolve) => {
    const socket = tls.connect({ host: '127.0.0.1', port, ...options })
    cleanups.push(() => socket.destroy())
    socket.on('data', () => resolve(socket))
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    socket.on('close', () => resolve('closed'))
  })
}

async function subjectAt(
  port: number,
  options: tls.ConnectionOptions = { rejectUnauthorized: false },
): Promise<string> {
  const socket = await open(port, options)
  return typeof socket === 'string' ? socket : String(socket.getPeerCertificate().subject.CN)
}

const first = root.issue({ commonName: 'first' })
const second = root.issue({ commonName: 'second' })

describe('a server', () => {
  test('uses a changed certificate for new connections on every port, and keeps those it has', async () => {
    const on = files()
    on.writePair(first)
    const clock = fakeClock()
    const options = { certificate: on.at('cert.pem'), key: on.at('key.pem'), reloadIntervalMillis: 60_000 }
    const [port, otherPort] = await serve(options, clock, on.observer, 2)
    const kept = (await open(port!, { rejectUnauthorized: false })) as tls.TLSSocket
    on.writePair(second)

    await clock.advance(59_999)
    expect(await subjectAt(port!)).toBe('first')
    await read(clock, 1)
    expect([await subjectAt(port!), await subjectAt(otherPort!)]).toEqual(['second', 'second'])
    expect(on.told).toEqual(['reloaded'])
    expect([kept.destroyed, kept.getPeerCertificate().subject.CN]).toEqual([false, 'first'])
  })

  test('says nothing while the files stay as they are', async () => {
    const on = files()
    on.writePair(first)
    const clock = fakeClock()
    const options = { certificate: on.at('cert.pem'), key: on.at('key.pem'), reloadIntervalMillis: 1000 }
    await serve(options, clock, on.observer)
    on.writePair(first)
    for (let round = 0; round < 3; round++) await read(clock, 1000)
    expect(on.told).toEqual([])
  })

  test('keeps the last good certificate while the files are broken, and tells each change once', async () => {
    const on = files()
    on.writePair(first)
    const clock = fakeClock()
    const options = { certificate: on.at('cert.pem'), key: on.at('key.pem'), reloadIntervalMillis: 1000 }
    const [port] = await serve(options, clock, on.observer)

    on.write('cert.pem', second.chain) // its key comes later
    for (let round = 0; round < 3; round++) await read(clock, 1000)
    expect(on.told).toEqual([
      'tls.key "/key.pem": not the key of tls.certificate "/cert.pem" (subject CN=second); expected is the key that the first certificate there was made for; not used, what was loaded before stays in use',
    ])
    expect(await subjectAt(port!)).toBe('first')

    on.remove('key.pem')
    for (let round = 0; round < 3; round++) await read(clock, 1000)
    expect(on.told).toHaveLength(2)
    expect(on.told[1]).toMatch(/^tls\.key "\/key\.pem": ENOENT: .* stays in use$/)
    expect(await subjectAt(port!)).toBe('first')

    on.write('key.pem', second.key)
    await read(clock, 1000)
    expect(on.told.slice(2)).toEqual(['reloaded'])
    expect(await subjectAt(port!)).toBe('second')
  })

  test('tells a certificate that has expired when it is loaded, once', async () => {
    const on = files()
    on.writePair(first)
    const clock = fakeClock()
    const options = { certificate: on.at('cert.pem'), key: on.at('key.pem'), reloadIntervalMillis: 1000 }
    await serve(options, clock, on.observer)
    on.writePair(root.issue({ notAfter: new Date('2021-01-01T00:00:00Z') }))
    for (let round = 0; round < 3; round++) await read(clock, 1000)
    expect(on.told).toEqual(['reloaded', 'not valid'])
  })

  test('reads nothing again without an interval, or from text', async () => {
    const on = files()
    on.writePair(first)
    const clock = fakeClock()
    await serve({ certificate: on.at('cert.pem'), key: on.at('key.pem') }, clock, on.observer)
    await serve(
      { certificate: { pem: first.chain }, key: { pem: first.key }, reloadIntervalMillis: 1000 },
      clock,
      on.observer,
    )
    expect(clock.pendingCount).toBe(0)
  })

  test('stops reading when closed', async () => {
    const on = files()
    on.writePair(first)
    const clock = fakeClock()
    const options = { certificate: on.at('cert.pem'), key: on.at('key.pem'), reloadIntervalMillis: 1000 }
    const own = createServerTls(options, clock, on.observer)
    own.close()
    expect(clock.pendingCount).toBe(0)
  })
})

describe('authorities of clients', () => {
  const agent = root.issue({ commonName: 'agent', names: [], usage: 'client' })
  const asAgent = { rejectUnauthorized: false, cert: agent.chain, key: agent.key }
  const pair = { certificate: { pem: first.chain }, key: { pem: first.key } }

  test('are read again every 10 seconds when asked for, also without an interval', async () => {
    const on = files()
    on.write('clients.pem', otherRoot.certificate)
    const clock = fakeClock()
    const [port] = await serve({ ...pair, clientCa: on.at('clients.pem'), reloadClientCa: true }, clock, on.observer)
    expect(await subjectAt(port!, asAgent)).toMatch(/^(closed|ECONNRESET)$/)
    on.write('clients.pem', root.certificate)
    await clock.advance(9999)
    expect(await subjectAt(port!, asAgent)).toMatch(/^(closed|ECONNRESET)$/)
    await read(clock, 1)
    expect(await subjectAt(port!, asAgent)).toBe('first')
  })

  test('stay as they are when not asked for', async () => {
    const on = files()
    on.write('clients.pem', root.certificate)
    const clock = fakeClock()
    const options = { ...pair, clientCa: on.at('clients.pem'), reloadIntervalMillis: 1000 }
    await serve(options, clock, on.observer)
    expect(clock.pendingCount).toBe(0)
  })

  test('that were taken away end the resumption of sessions made under them', async () => {
    const on = files()
    on.write('clients.pem', root.certificate)
    const clock = fakeClock()
    const [port] = await serve({ ...pair, clientCa: on.at('clients.pem'), reloadClientCa: true }, clock, on.observer)
    const socket = tls.connect({ host: '127.0.0.1', port: port!, ...asAgent })
    cleanups.push(() => socket.destroy())
    const session = await new Promise<Buffer>((resolve) => socket.once('session', resolve))
    const resumed = await open(port!, { ...asAgent, session })
    expect((resumed as tls.TLSSocket).isSessionReused()).toBe(true)

    on.write('clients.pem', otherRoot.certificate)
    await read(clock, 10_000)
    expect(await open(port!, { ...asAgent, session })).toMatch(/^(closed|ECONNRESET)$/)
  })
})

describe('a client', () => {
  test('trusts changed authorities from the next connection on, with other options each time', async () => {
    const on = files()
    on.write('ca.pem', otherRoot.certificate)
    const clock = fakeClock()
    const [port] = await serve({ certificate: { pem: first.chain }, key: { pem: first.key } }, clock, {})
    const own = createClientTls({ ca: on.at('ca.pem'), reloadIntervalMillis: 1000 }, clock, on.observer)
    cleanups.push(() => own.close())
    const before = own.connectOptions()
    expect(await subjectAt(port!, before)).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE')
    on.write('ca.pem', root.certificate)
    await read(clock, 1000)
    const after = own.connectOptions()
    expect(after).not.toBe(before)
    expect(await subjectAt(port!, after)).toBe('first')
    await read(clock, 1000)
    expect(own.connectOptions()).toBe(after)
    expect(on.told).toEqual(['reloaded'])
  })

  test('keeps what it trusts when the file is gone', async () => {
    const on = files()
    on.write('ca.pem', root.certificate)
    const clock = fakeClock()
    const own = createClientTls({ ca: on.at('ca.pem'), reloadIntervalMillis: 1000 }, clock, on.observer)
    cleanups.push(() => own.close())
    const before = own.connectOptions()
    on.remove('ca.pem')
    await read(clock, 1000)
    expect(own.connectOptions()).toBe(before)
    expect(on.told).toHaveLength(1)
  })
})

// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import tls from 'node:tls'
import { fakeClock, testAuthority } from '@otel-ts/testkit'
import { afterEach, describe, expect, test } from 'vitest'
import { createClientTls, createServerTls } from './tls.ts'
import type { ClientTlsOptions, ServerTlsOptions, TlsObserver } from './tls-options.ts'

const root = testAuthority('Root')
const leaf = root.issue()
const clientLeaf = root.issue({ commonName: 'agent', names: [], usage: 'client' })
const otherRoot = testAuthority('Other root')
const ca = { pem: root.certificate }
const served: ServerTlsOptions = { certificate: { pem: leaf.chain }, key: { pem: leaf.key } }
const mine = { certificate: { pem: clientLeaf.chain }, key: { pem: clientLeaf.key } }

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

interface Greeting {
  readonly protocol: string | null
  readonly cipher: string
  readonly subject: string
  /** What the server saw. */
  readonly clientSubject: string | null
  readonly askedName: string | false | null | undefined
}

interface Peer {
  readonly port: number
  /** Connects, and gives what was agreed on, or the code of the error. */
  greet(client: tls.ConnectionOptions, host?: string): Promise<Greeting | string>
}

/** A server that greets with what it knows of the client. */
async function listening(
  options: ServerTlsOptions | tls.TlsOptions,
  observer?: TlsObserver,
  clock = fakeClock(),
): Promise<Peer> {
  const isOwn = 'certificate' in options
  const own = isOwn ? createServerTls(options as ServerTlsOptions, clock, observer) : undefined
  const server = tls.createServer(own?.serverOptions() ?? (options as tls.TlsOptions), (socket) => {
    socket.on('error', () => {})
    const clientSubject = socket.getPeerCertificate().subject?.CN ?? null
    socket.end(JSON.stringify({ clientSubject, askedName: (socket as { servername?: string }).servername }))
  })
  server.on('tlsClientError', () => {})
  own?.attach(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanups.push(() => own?.close())
  cleanups.push(() => new Promise((resolve) => server.close(resolve)))
  const { port } = server.address() as { port: number }
  return {
    port,
    greet: (client, host = '127.0.0.1') =>
      new Promise((resolve) => {
        const socket = tls.connect({ ...client, host, port, lookup: loopback })
        let text = ''
        let agreed: Omit<Greeting, 'clientSubject' | 'askedName'> | undefined
        socket.on('secureConnect', () => {
          agreed = {
            protocol: socket.getProtocol(),
            cipher: socket.getCipher().standardName,
            subject: String(socket.getPeerCertificate().subject?.CN),
          }
        })
        socket.on('data', (chunk) => (text += chunk))
        socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
        // A server that refuses a client's certificate after the handshake just closes: that is Node's way.
        socket.on('end', () => resolve(text === '' ? 'closed' : { ...agreed!, ...JSON.parse(text) }))
        socket.on('close', () => resolve('closed'))
      }),
  }
}

// Every name is this machine: names are only for certificates here.
const loopback = ((_name: string, options: { all?: boolean }, done: (...all: unknown[]) => void) =>
  options.all === true ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4)) as never

function client(options?: ClientTlsOptions, observer?: TlsObserver): tls.ConnectionOptions {
  const made = createClientTls(options, fakeClock(), observer)
  cleanups.push(() => made.close())
  return made.connectOptions()
}

function folder(files: Record<string, string>): string {
  const path = mkdtempSync(join(tmpdir(), 'otlp-tls-'))
  cleanups.push(() => rmSync(path, { recursive: true }))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text)
  return path
}

function errorOf(make: () => unknown): { code: string; message: string } {
  try {
    make()
  } catch (error) {
    return error as { code: string; message: string }
  }
  throw new Error('no error')
}

describe('whom a client trusts', () => {
  test('a server of the authority given, from PEM text and from a file', async () => {
    const peer = await listening(served)
    const path = folder({ 'ca.pem': root.certificate })
    for (const source of [ca, { file: join(path, 'ca.pem') }]) {
      expect(await peer.greet(client({ ca: source }))).toMatchObject({ subject: 'localhost', clientSubject: null })
    }
  })

  test('no server of another authority, and none of the system once one is given', async () => {
    const peer = await listening(served)
    expect(await peer.greet(client({ ca: { pem: otherRoot.certificate } }))).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE')
    expect(await peer.greet(client())).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE')
  })

  test('servers of any of several authorities in one text', async () => {
    const peer = await listening(served)
    const both = { pem: `${otherRoot.certificate}\nsome text between\n${root.certificate}` }
    expect(await peer.greet(client({ ca: both }))).toMatchObject({ subject: 'localhost' })
  })

  test('servers of the authority given also when the authorities of the system are included', async () => {
    const peer = await listening(served)
    expect(await peer.greet(client({ ca, includeSystemCas: true }))).toMatchObject({ subject: 'localhost' })
    expect(await peer.greet(client({ includeSystemCas: true }))).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE')
  })

  test('a server behind an intermediate authority that sends its chain', async () => {
    const middle = root.intermediate('Middle')
    const below = middle.issue()
    const peer = await listening({ certificate: { pem: below.chain }, key: { pem: below.key } })
    expect(await peer.greet(client({ ca }))).toMatchObject({ subject: 'localhost' })
    const bare = await listening({ certificate: { pem: below.certificate }, key: { pem: below.key } })
    expect(await bare.greet(client({ ca }))).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE')
    const completed = await listening({
      certificate: { pem: below.certificate },
      key: { pem: below.key },
      ca: { pem: middle.certificate },
    })
    expect(await completed.greet(client({ ca }))).toMatchObject({ subject: 'localhost' })
  })

  test.each([
    ['expired', { notAfter: new Date('2021-01-01T00:00:00Z') }, 'CERT_HAS_EXPIRED'],
    ['not yet valid', { notBefore: new Date('2110-01-01T00:00:00Z') }, 'CERT_NOT_YET_VALID'],
    ['made for another name', { names: ['other.test'] }, 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['made for clients', { usage: 'client' }, 'INVALID_PURPOSE'],
  ] as const)('no server whose certificate is %s', async (_what, options, code) => {
    const bad = root.issue(options)
    const peer = await listening({ cert: bad.chain, key: bad.key })
    expect(await peer.greet(client({ ca }))).toBe(code)
    expect(await peer.greet(client({ ca, insecureSkipVerify: true }))).toMatchObject({ protocol: 'TLSv1.3' })
  })

  test('no server that is not verified, whatever NODE_TLS_REJECT_UNAUTHORIZED says', async () => {
    const peer = await listening(served)
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'
    cleanups.push(() => delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'])
    expect(await peer.greet(client({ ca: { pem: otherRoot.certificate } }))).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE')
  })
})

describe('the server name', () => {
  const named = root.issue({ names: ['collector.test', '10.1.2.3'] })
  const options = { certificate: { pem: named.chain }, key: { pem: named.key } }

  test('is what is asked for and what the certificate must be for', async () => {
    const peer = await listening(options)
    expect(await peer.greet(client({ ca, serverName: 'collector.test' }))).toMatchObject({
      askedName: 'collector.test',
    })
    expect(await peer.greet(client({ ca, serverName: 'other.test' }))).toBe('ERR_TLS_CERT_ALTNAME_INVALID')
  })

  test('replaces the host, also when the host would have been right', async () => {
    const peer = await listening(options)
    expect(await peer.greet(client({ ca }), 'collector.test')).toMatchObject({ subject: 'collector.test' })
    expect(await peer.greet(client({ ca, serverName: 'other.test' }), 'collector.test')).toBe(
      'ERR_TLS_CERT_ALTNAME_INVALID',
    )
  })

  test('may be an address, which is checked and not asked for', async () => {
    const peer = await listening(options)
    expect(await peer.greet(client({ ca, serverName: '10.1.2.3' }))).toMatchObject({ askedName: false })
    expect(await peer.greet(client({ ca, serverName: '10.1.2.4' }))).toBe('ERR_TLS_CERT_ALTNAME_INVALID')
  })
})

describe('certificates of clients', () => {
  const mutual: ServerTlsOptions = { ...served, clientCa: ca }

  test('are asked for by a server with clientCa, and seen by it', async () => {
    const peer = await listening(mutual)
    expect(await peer.greet(client({ ca, ...mine }))).toMatchObject({ clientSubject: 'agent' })
  })

  test('are not asked for without clientCa', async () => {
    const peer = await listening({ ...served, ca })
    expect(await peer.greet(client({ ca, ...mine }))).toMatchObject({ clientSubject: null })
  })

  test('must be there', async () => {
    const peer = await listening(mutual)
    expect(await peer.greet(client({ ca }))).toMatch(/ALERT_CERTIFICATE_REQUIRED/)
    expect(await peer.greet(client({ ca, maxVersion: '1.2' }))).toMatch(/ALERT_HANDSHAKE_FAILURE/)
  })

  test.each([
    ['of another authority', otherRoot.issue({ names: ['agent'] })],
    ['that have expired', root.issue({ names: ['agent'], notAfter: new Date('2021-01-01T00:00:00Z') })],
    ['made for servers', root.issue({ names: ['agent'], usage: 'server' })],
  ])('%s are refused', async (_what, bad) => {
    const peer = await listening(mutual)
    const told: string[] = []
    const connect = client(
      { ca, certificate: { pem: bad.chain }, key: { pem: bad.key } },
      { certificateNotValid: ({ error }) => told.push(error.code) },
    )
    expect(await peer.greet(connect)).toMatch(/^(closed|ECONNRESET)$/)
  })
})

describe('versions', () => {
  test('are 1.3 by default, 1.2 where the peer has no newer one, and none below', async () => {
    const peer = await listening(served)
    expect(await peer.greet(client({ ca }))).toMatchObject({ protocol: 'TLSv1.3' })
    expect(await peer.greet(client({ ca, maxVersion: '1.2' }))).toMatchObject({ protocol: 'TLSv1.2' })
    expect(await peer.greet(client({ ca, minVersion: '1.0', maxVersion: '1.1' }))).toMatch(/^ERR_SSL_.*VERSION/)
  })

  test.each([
    ['1.3', '1.3', 'TLSv1.3'],
    ['1.2', '1.2', 'TLSv1.2'],
    ['1.0', '1.1', 'TLSv1.1'],
    ['1.0', '1.0', 'TLSv1'],
  ] as const)('from %s to %s speak %s', async (minVersion, maxVersion, protocol) => {
    const peer = await listening({ ...served, minVersion: '1.0' })
    expect(await peer.greet(client({ ca, minVersion, maxVersion }))).toMatchObject({ protocol })
  })

  test('below minVersion and above maxVersion of the server are refused', async () => {
    const modern = await listening({ ...served, minVersion: '1.3' })
    expect(await modern.greet(client({ ca, maxVersion: '1.2' }))).toMatch(/VERSION/)
    const old = await listening({ ...served, maxVersion: '1.2' })
    expect(await old.greet(client({ ca, minVersion: '1.3' }))).toMatch(/VERSION/)
    expect(await old.greet(client({ ca }))).toMatchObject({ protocol: 'TLSv1.2' })
  })

  test('and suites of a server without options of ours fit', async () => {
    const peer = await listening({ cert: leaf.chain, key: leaf.key })
    expect(await peer.greet(client({ ca }))).toMatchObject({ protocol: 'TLSv1.3' })
  })
})

describe('cipher suites', () => {
  test.each([
    'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
    'ECDHE-ECDSA-AES256-GCM-SHA384',
    'ecdhe-ecdsa-aes256-gcm-sha384',
  ])('%s is the one used when it is the only one', async (name) => {
    const peer = await listening(served)
    expect(await peer.greet(client({ ca, maxVersion: '1.2', cipherSuites: [name] }))).toMatchObject({
      cipher: 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
    })
  })

  test('of older versions leave TLS 1.3 on', async () => {
    const peer = await listening({ ...served, cipherSuites: ['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'] })
    expect(await peer.greet(client({ ca }))).toMatchObject({ protocol: 'TLSv1.3' })
    expect(await peer.greet(client({ ca, maxVersion: '1.2' }))).toMatchObject({
      cipher: 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
    })
  })

  test('of TLS 1.3 are those named', async () => {
    const peer = await listening(served)
    expect(await peer.greet(client({ ca, cipherSuites: ['TLS_CHACHA20_POLY1305_SHA256'] }))).toMatchObject({
      cipher: 'TLS_CHACHA20_POLY1305_SHA256',
    })
  })

  test('are taken in the order of the server', async () => {
    const list = ['TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256', 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256']
    const peer = await listening({ ...served, cipherSuites: list, maxVersion: '1.2' })
    const answer = await peer.greet(client({ ca, cipherSuites: list.toReversed() }))
    expect(answer).toMatchObject({ cipher: list[0] })
  })

  test('that are weak need includeInsecureCipherSuites', async () => {
    const weak = { cipherSuites: ['TLS_RSA_WITH_AES_128_GCM_SHA256'], maxVersion: '1.2' } as const
    expect(errorOf(() => client(weak)).message).toContain(
      'tls.cipherSuites: "TLS_RSA_WITH_AES_128_GCM_SHA256": weak, and includeInsecureCipherSuites is not set; allowed are',
    )
    const rsa = root.issue({ keyType: 'rsa' })
    const insecure = { ...weak, includeInsecureCipherSuites: true }
    const peer = await listening({ certificate: { pem: rsa.chain }, key: { pem: rsa.key }, ...insecure })
    expect(await peer.greet(client({ ca, ...insecure }))).toMatchObject({ cipher: weak.cipherSuites[0] })
  })
})

describe('curves', () => {
  test('of both sides must have one in common', async () => {
    const peer = await listening({ ...served, curves: ['P384', 'X25519'] })
    expect(await peer.greet(client({ ca, curves: ['X25519'] }))).toMatchObject({ protocol: 'TLSv1.3' })
    expect(await peer.greet(client({ ca, curves: ['CurveP384'] }))).toMatchObject({ protocol: 'TLSv1.3' })
    expect(await peer.greet(client({ ca, curves: ['P256'] }))).toMatch(/^ERR_SSL_.*HANDSHAKE_FAILURE/)
  })
})

describe('options that cannot be used', () => {
  const certificate = { pem: leaf.chain }
  const key = { pem: leaf.key }
  test.each<[string, ClientTlsOptions, string]>([
    [
      'a CA file that is not there',
      { ca: { file: '/nowhere/ca.pem' } },
      `tls.ca "/nowhere/ca.pem": ENOENT: no such file or directory, open '/nowhere/ca.pem'; expected is a readable PEM file; not used`,
    ],
    [
      'a CA that is a folder',
      { ca: { file: '/' } },
      'tls.ca "/": EISDIR: illegal operation on a directory, read; expected is a readable PEM file; not used',
    ],
    [
      'a CA that is empty',
      { ca: { pem: ' \n' } },
      'tls.ca (PEM text): is empty; expected are one or more blocks "-----BEGIN CERTIFICATE-----"; not used',
    ],
    [
      'a CA that is no PEM',
      { ca: { pem: 'hello' } },
      'tls.ca (PEM text): is not PEM; expected are one or more blocks "-----BEGIN CERTIFICATE-----"; not used',
    ],
    [
      'a CA that is a key',
      { ca: key },
      'tls.ca (PEM text): has only PRIVATE KEY; expected are one or more blocks "-----BEGIN CERTIFICATE-----"; not used',
    ],
    [
      'a CA whose second certificate is broken',
      { ca: { pem: `${root.certificate}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----` } },
      'tls.ca (PEM text): certificate 2 of 2 cannot be read:',
    ],
    [
      'a certificate without its key',
      { certificate },
      'tls.certificate (PEM text): stands without tls.key; expected are both, or neither; not used',
    ],
    [
      'a key without its certificate',
      { key },
      'tls.key (PEM text): stands without tls.certificate; expected are both, or neither; not used',
    ],
    [
      'a key of another certificate',
      { certificate, key: { pem: clientLeaf.key } },
      'tls.key (PEM text): not the key of tls.certificate (PEM text) (subject CN=localhost); expected is the key that the first certificate there was made for; not used',
    ],
    [
      'a key with a password',
      { certificate, key: { pem: leaf.encryptedKey('secret') } },
      'tls.key (PEM text): the key is protected with a password; expected is one without, such as "openssl pkey -in key.pem -out plain.pem" writes; not used',
    ],
    [
      'a key that is a certificate',
      { certificate, key: certificate },
      'tls.key (PEM text): has only CERTIFICATE; expected is a block "-----BEGIN PRIVATE KEY-----" (or EC or RSA PRIVATE KEY); not used',
    ],
    [
      'a key that is cut',
      { certificate, key: { pem: leaf.key.replace(/\n.{20}/, '\n') } },
      'tls.key (PEM text): the key cannot be read:',
    ],
    [
      'a version nobody knows',
      { minVersion: '1.4' as never },
      'tls.minVersion "1.4": not a version of TLS; allowed are 1.0, 1.1, 1.2, 1.3; not started',
    ],
    [
      'a version named like a property of objects',
      { maxVersion: 'constructor' as never },
      'tls.maxVersion "constructor": not a version of TLS; allowed are 1.0, 1.1, 1.2, 1.3; not started',
    ],
    [
      'versions the wrong way round',
      { minVersion: '1.3', maxVersion: '1.2' },
      'tls.minVersion "1.3": newer than maxVersion "1.2"; expected is one not newer than that; not started',
    ],
    [
      'a maxVersion below the default minVersion',
      { maxVersion: '1.1' },
      'tls.minVersion "1.2": newer than maxVersion "1.1"; expected is one not newer than that; not started',
    ],
    [
      'a cipher suite nobody knows',
      { cipherSuites: ['TLS_FOO'] },
      'tls.cipherSuites: "TLS_FOO": not a name of a cipher suite; allowed are TLS_AES_256_GCM_SHA384, TLS_CHACHA20_POLY1305_SHA256, TLS_AES_128_GCM_SHA256, TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,',
    ],
    [
      'a cipher suite that OpenSSL gave up',
      { cipherSuites: ['TLS_RSA_WITH_RC4_128_SHA'], includeInsecureCipherSuites: true },
      'tls.cipherSuites: "TLS_RSA_WITH_RC4_128_SHA": the OpenSSL of this Node does not have it; allowed are',
    ],
    [
      'an expression of OpenSSL for suites',
      { cipherSuites: ['ALL:!aNULL'] },
      'tls.cipherSuites: "ALL:!aNULL": not a name of a cipher suite;',
    ],
    ['no cipher suite', { cipherSuites: [] }, 'tls.cipherSuites: "": the list is empty;'],
    [
      'suites of 1.3 only below it',
      { cipherSuites: ['TLS_AES_128_GCM_SHA256'], maxVersion: '1.2' },
      'tls.cipherSuites "TLS_AES_128_GCM_SHA256": all belong to TLS 1.3, but maxVersion is "1.2"; expected is at least one suite of an older version; not started',
    ],
    [
      'a curve nobody knows',
      { curves: ['X25519', 'P257'] },
      'tls.curves "P257": not a group that the OpenSSL of this Node has; allowed are X25519, P256, P384, P521 and the names of OpenSSL; not started',
    ],
    ['no curve', { curves: [] }, 'tls.curves "": the list is empty; allowed are'],
  ])('%s', (_what, options, message) => {
    const error = errorOf(() => client(options))
    expect(error.code).toBe('OTLP_OPTION')
    expect(error.message).toContain(message)
  })

  test('a server without certificate or key', () => {
    expect(errorOf(() => createServerTls({ key }, fakeClock())).message).toBe(
      'tls.certificate: absent; a server with TLS needs a certificate and its key; not started',
    )
    expect(errorOf(() => createServerTls({ certificate }, fakeClock())).message).toBe(
      'tls.key: absent; a server with TLS needs a certificate and its key; not started',
    )
  })

  test('a clientCa that is no certificate', () => {
    expect(errorOf(() => createServerTls({ ...served, clientCa: key }, fakeClock())).message).toContain(
      'tls.clientCa (PEM text): has only PRIVATE KEY;',
    )
  })
})

describe('an own certificate outside its time', () => {
  test.each([
    ['expired', { notAfter: new Date('2021-01-01T00:00:00Z') }, 'expired at Jan  1 00:00:00 2021 GMT'],
    ['not valid yet', { notBefore: new Date('2110-01-01T00:00:00Z') }, 'is not valid before Jan  1 00:00:00 2110 GMT'],
  ])('(%s) is used and told', async (_what, options, text) => {
    const bad = root.issue(options)
    const told: string[] = []
    const peer = await listening(
      { certificate: { pem: bad.chain }, key: { pem: bad.key } },
      { certificateNotValid: ({ error }) => told.push(error.message) },
    )
    expect(told).toEqual([
      `tls.certificate (PEM text): the certificate (subject CN=localhost) ${text}; expected is one that is valid now; used all the same, but peers that check it will refuse the connection`,
    ])
    expect(await peer.greet(client({ ca, insecureSkipVerify: true }))).toMatchObject({ subject: 'localhost' })
  })
})

// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import tls from 'node:tls'
import { isOtlpError } from '@otel-ts/otlp'
import type { OtlpClient, OtlpHttpClientOptions, OtlpOutcome, OtlpRequest } from '@otel-ts/otlp/client'
import { createOtlpHttpClient } from '@otel-ts/otlp/client'
import { fakeClock, selfSignedCertificate, testAuthority } from '@otel-ts/testkit'
import { afterEach, describe, expect, test } from 'vitest'
import { adviceForCode, connectionError } from './failure.ts'

const root = testAuthority('Root')
const leaf = root.issue()
const agentLeaf = root.issue({ commonName: 'agent', names: [], usage: 'client' })
const ca = { pem: root.certificate }

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

function client(options: OtlpHttpClientOptions): OtlpClient {
  const made = createOtlpHttpClient({ proxy: 'none', ...options })
  cleanups.push(() => made.shutdown())
  return made
}

const request: OtlpRequest = { signal: 'traces', chunks: [Buffer.from('x')], itemCount: 1 }

function messageOf(outcome: OtlpOutcome): string {
  if (outcome.result !== 'failed') throw new Error('expected a failure')
  return outcome.error.message
}

interface Listening {
  readonly port: number
  readonly url: string
  /** Common name of each request's client certificate, and the name it asked for. */
  readonly seen: { subject: string | undefined; name: unknown; reused: boolean }[]
  readonly server: https.Server
}

/** An endpoint that accepts everything. */
async function endpoint(options: https.ServerOptions = {}, host?: string): Promise<Listening> {
  const seen: Listening['seen'] = []
  const server = https.createServer({ cert: leaf.chain, key: leaf.key, ...options }, (received, response) => {
    const socket = received.socket as tls.TLSSocket & { servername?: string }
    seen.push({
      subject: socket.getPeerCertificate().subject?.CN as string | undefined,
      name: socket.servername,
      reused: socket.isSessionReused(),
    })
    received.resume()
    received.on('end', () => response.end())
  })
  server.on('tlsClientError', () => {})
  const port = await listen(server, host)
  return { port, url: `https://127.0.0.1:${port}/v1/traces`, seen, server }
}

async function listen(server: net.Server, host = '127.0.0.1'): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  const sockets = new Set<net.Socket>()
  server.on('connection', (socket: net.Socket) => sockets.add(socket))
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy()
    return new Promise((resolve) => server.close(resolve))
  })
  return (server.address() as net.AddressInfo).port
}

describe('an endpoint with https:', () => {
  test.each([undefined, 'localhost'])(
    'is trusted by the authority given, and connections are kept; server name %s',
    async (serverName) => {
      const { url, seen, server } = await endpoint()
      let connections = 0
      server.on('connection', () => connections++)
      const otlp = client({ url, tls: { ca, ...(serverName === undefined ? {} : { serverName }) } })
      for (let count = 0; count < 3; count++) expect((await otlp.send(request)).result).toBe('accepted')
      expect([seen.length, connections]).toEqual([3, 1])
    },
  )

  test('gets the certificate of the client when it asks for one', async () => {
    const { url, seen } = await endpoint({ requestCert: true, ca: root.certificate })
    const otlp = client({ url, tls: { ca, certificate: { pem: agentLeaf.chain }, key: { pem: agentLeaf.key } } })
    expect((await otlp.send(request)).result).toBe('accepted')
    expect(seen[0]!.subject).toBe('agent')
  })

  test('is asked for and checked by the server name when one is given', async () => {
    const named = root.issue({ names: ['collector.test'] })
    const { url, seen } = await endpoint({ cert: named.chain, key: named.key })
    expect(messageOf(await client({ url, tls: { ca } }).send(request))).toContain('altnames')
    expect((await client({ url, tls: { ca, serverName: 'collector.test' } }).send(request)).result).toBe('accepted')
    expect(seen.map((one) => one.name)).toEqual(['collector.test'])
  })

  test('may be an IPv6 address, which must be in its certificate', async () => {
    const { port, seen } = await endpoint({}, '::1')
    for (const http2 of [false, true]) {
      expect((await client({ url: `https://[::1]:${port}/`, tls: { ca }, http2 }).send(request)).result).toBe(
        'accepted',
      )
    }
    expect(seen).toHaveLength(2)
    const other = root.issue({ names: ['localhost', '2001:db8::1'] })
    const wrong = await endpoint({ cert: other.chain, key: other.key }, '::1')
    expect(messageOf(await client({ url: `https://[::1]:${wrong.port}/`, tls: { ca } }).send(request))).toContain(
      'the certificate of the endpoint is for other names',
    )
    const named = client({ url: `https://[::1]:${wrong.port}/`, tls: { ca, serverName: '2001:db8::1' } })
    expect((await named.send(request)).result).toBe('accepted')
  })

  test('is spoken to over HTTP/1.1 unless HTTP/2 is asked for', async () => {
    const server = tls.createServer(
      { cert: leaf.chain, key: leaf.key, ALPNProtocols: ['h2', 'http/1.1'] },
      (socket) => {
        socket.on('error', () => {})
        socket.end(`HTTP/1.1 200 OK\r\nX: ${socket.alpnProtocol}\r\nContent-Length: 0\r\n\r\n`)
      },
    )
    const protocols: unknown[] = []
    server.on('secureConnection', (socket) => protocols.push(socket.alpnProtocol))
    const port = await listen(server)
    await client({ url: `https://127.0.0.1:${port}`, tls: { ca } }).send(request)
    expect(protocols).not.toEqual(['h2'])
  })
})

describe('TLS options that cannot be used', () => {
  test('fail every send with what is wrong, and nothing is thrown', async () => {
    const otlp = client({ url: 'https://127.0.0.1:1', tls: { ca: { file: '/nowhere/ca.pem' } } })
    for (let count = 0; count < 2; count++) {
      const outcome = await otlp.send(request)
      expect(outcome).toMatchObject({ result: 'failed', retryable: false, error: { code: 'OTLP_OPTION' } })
      expect(messageOf(outcome)).toContain('tls.ca "/nowhere/ca.pem": ENOENT')
    }
  })

  test('do not matter to an endpoint with http:', async () => {
    const server = http.createServer((received, response) => {
      received.resume()
      response.end()
    })
    const port = await listen(server)
    const otlp = client({ url: `http://127.0.0.1:${port}`, tls: { ca: { file: '/nowhere/ca.pem' } } })
    expect((await otlp.send(request)).result).toBe('accepted')
  })
})

describe('reload', () => {
  test('makes connections anew with the changed certificate, and resumes no session made before', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'otlp-tls-'))
    cleanups.push(() => rmSync(folder, { recursive: true }))
    const write = (pair: { chain: string; key: string }): void => {
      writeFileSync(join(folder, 'cert.pem'), pair.chain)
      writeFileSync(join(folder, 'key.pem'), pair.key)
    }
    write(agentLeaf)
    const { url, seen } = await endpoint({ requestCert: true, ca: root.certificate })
    const clock = fakeClock()
    let reloaded: () => void = () => {}
    const otlp = client({
      url,
      clock,
      tls: {
        ca,
        certificate: { file: join(folder, 'cert.pem') },
        key: { file: join(folder, 'key.pem') },
        reloadIntervalMillis: 1000,
      },
      observer: { tls: { reloaded: () => reloaded() } },
    })
    await otlp.send(request)
    write(root.issue({ commonName: 'agent two', names: [], usage: 'client' }))
    await otlp.send(request)
    const done = new Promise<void>((resolve) => (reloaded = resolve))
    await clock.advance(1000)
    await done
    await otlp.send(request)
    expect(seen.map((one) => [one.subject, one.reused])).toEqual([
      ['agent', false],
      ['agent', false],
      ['agent two', false],
    ])
  })

  test('ends with the client', async () => {
    const clock = fakeClock()
    const folder = mkdtempSync(join(tmpdir(), 'otlp-tls-'))
    cleanups.push(() => rmSync(folder, { recursive: true }))
    writeFileSync(join(folder, 'ca.pem'), root.certificate)
    const otlp = client({
      url: 'https://127.0.0.1:1',
      clock,
      tls: { ca: { file: join(folder, 'ca.pem') }, reloadIntervalMillis: 1000 },
    })
    expect(clock.pendingCount).toBe(1)
    await otlp.shutdown()
    expect(clock.pendingCount).toBe(0)
  })
})

describe('an agent', () => {
  test('makes the connections, whatever the TLS options say, and stays open', async () => {
    const { url } = await endpoint()
    const agent = new https.Agent({ ca: root.certificate, keepAlive: true })
    cleanups.push(() => agent.destroy())
    const otlp = client({ url, agent, tls: { ca: { file: '/nowhere' } }, proxy: { url: 'http://127.0.0.1:1' } })
    expect((await otlp.send(request)).result).toBe('accepted')
    await otlp.shutdown()
    expect(Object.values(agent.freeSockets).flat()).toHaveLength(1)
    expect(Object.values(agent.freeSockets).flat()[0]!.destroyed).toBe(false)
  })

  test('may come from a function, which is told the scheme', async () => {
    const { url } = await endpoint()
    const asked: boolean[] = []
    const agent = new https.Agent({ ca: root.certificate })
    cleanups.push(() => agent.destroy())
    const otlp = client({
      url,
      agent: (secure) => {
        asked.push(secure)
        return agent
      },
    })
    await otlp.send(request)
    expect((await otlp.send(request)).result).toBe('accepted')
    expect(asked).toEqual([true])
  })

  test.each<[string, OtlpHttpClientOptions['agent'], string]>([
    ['for the other scheme', new http.Agent(), 'expected is an agent for the scheme of the endpoint'],
    [
      'from a function that throws',
      () => {
        throw new Error('no agent today')
      },
      'agent function: failed with "no agent today"; expected is an agent; nothing is sent',
    ],
  ])('%s fails every send', async (_what, agent, message) => {
    const outcome = await client({ url: 'https://127.0.0.1:1', agent: agent! }).send(request)
    expect(outcome).toMatchObject({ result: 'failed', retryable: false, error: { code: 'OTLP_OPTION' } })
    expect(messageOf(outcome)).toContain(message)
  })
})

describe('what is said when TLS fails', () => {
  /** A server that takes anything. */
  const answering = (bytes: string | Buffer): net.Server =>
    net.createServer((socket) => {
      socket.on('error', () => {})
      socket.once('data', () => socket.end(bytes))
    })

  async function said(
    server: net.Server,
    options: Partial<OtlpHttpClientOptions> = {},
    scheme = 'https',
  ): Promise<string> {
    const port = await listen(server)
    const outcome = await client({ url: `${scheme}://127.0.0.1:${port}`, tls: { ca }, ...options }).send(request)
    expect(outcome).toMatchObject({ result: 'failed', retryable: true, error: { code: 'OTLP_CONNECTION' } })
    return messageOf(outcome).replace(`${scheme}://127.0.0.1:${port}/: `, '')
  }

  const withCertificate = (made: { chain: string; key: string }, more: tls.TlsOptions = {}): net.Server => {
    const server = tls.createServer({ cert: made.chain, key: made.key, ...more }, (socket) =>
      socket.on('error', () => {}),
    )
    server.on('tlsClientError', () => {})
    return server
  }
  const end = '1 span not delivered by this try, which may be repeated'

  test.each<[string, () => net.Server, string]>([
    [
      'a certificate for other names',
      () => withCertificate(root.issue({ names: ['other.test'] })),
      `Hostname/IP does not match certificate's altnames: IP: 127.0.0.1 is not in the cert's list:  (ERR_TLS_CERT_ALTNAME_INVALID); the certificate of the endpoint is for other names: use one of them in the endpoint, or set it as the server name; ${end}`,
    ],
    [
      'an expired certificate',
      () => withCertificate(root.issue({ notAfter: new Date('2021-01-01T00:00:00Z') })),
      `certificate has expired (CERT_HAS_EXPIRED); the certificate of the endpoint has expired: renew it there, and check the clock of this machine; ${end}`,
    ],
    [
      'a certificate that is not valid yet',
      () => withCertificate(root.issue({ notBefore: new Date('2110-01-01T00:00:00Z') })),
      `certificate is not yet valid (CERT_NOT_YET_VALID); the certificate of the endpoint is not valid yet: check the clock of this machine, and of the one that made it; ${end}`,
    ],
    [
      'a certificate that signed itself',
      () => withCertificate(selfSignedCertificate()),
      `self-signed certificate (DEPTH_ZERO_SELF_SIGNED_CERT); the endpoint signed its certificate itself: to trust it, set this certificate as the authority (ca); ${end}`,
    ],
    [
      'an authority that is not trusted',
      () => withCertificate(testAuthority('Other').issue()),
      `unable to verify the first certificate (UNABLE_TO_VERIFY_LEAF_SIGNATURE); the authority of the certificate is not trusted here, or the endpoint does not send the certificates between: set the authority (ca), or give the endpoint its whole chain; ${end}`,
    ],
    [
      'an authority that is not trusted, sent along',
      () => {
        const other = testAuthority('Other')
        const made = other.issue()
        return withCertificate({ chain: made.chain + other.certificate, key: made.key })
      },
      `self-signed certificate in certificate chain (SELF_SIGNED_CERT_IN_CHAIN); the authority of the certificate is not trusted here: set it (ca); ${end}`,
    ],
    [
      'another authority of the same name',
      () => withCertificate(testAuthority('Root').issue()),
      `certificate signature failure (CERT_SIGNATURE_FAILURE); the certificate is not of the authority that is trusted here under the same name: set the right one (ca); ${end}`,
    ],
    [
      'a certificate made for clients',
      () => withCertificate(root.issue({ usage: 'client' })),
      `unsuitable certificate purpose (INVALID_PURPOSE); the certificate of the endpoint was not made for servers: expected is one with the extended key usage serverAuth; ${end}`,
    ],
    [
      'plain HTTP on the port',
      () => http.createServer(),
      `TLS handshake: wrong version number (EPROTO); the endpoint does not speak TLS: use http:// (for gRPC also: insecure); ${end}`,
    ],
    [
      'something else on the port',
      () => answering('220 mail.test ESMTP ready\r\n'),
      `TLS handshake: wrong version number (EPROTO); the endpoint does not speak TLS: use http:// (for gRPC also: insecure); ${end}`,
    ],
    [
      'an older version only',
      () => withCertificate(leaf, { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' }),
      'the endpoint and this client have no version of TLS in common: check minVersion and maxVersion',
    ],
    [
      'a certificate of the client that is missing, TLS 1.2',
      () => withCertificate(leaf, { requestCert: true, rejectUnauthorized: true, maxVersion: 'TLSv1.2' }),
      'the endpoint refused the handshake: does it want a certificate of the client (certificate and key), or other versions or cipher suites of TLS?',
    ],
    [
      'a certificate of the client that is missing, TLS 1.3',
      () => withCertificate(leaf, { requestCert: true, rejectUnauthorized: true }),
      'does it want a certificate of the client',
    ],
    [
      'a port that hangs up',
      () => net.createServer((socket) => socket.destroy()),
      'the endpoint closed the connection before it answered: does it speak without TLS (then use http://, for gRPC also: insecure), or want a certificate of the client?',
    ],
  ])('%s', async (_what, make, message) => {
    const text = await said(make())
    if (message.endsWith(end)) expect(text).toBe(message)
    else expect(text).toContain(message)
  })

  test('no protocol in common', async () => {
    expect(await said(withCertificate(leaf, { ALPNProtocols: ['smtp'] }), { http2: true })).toContain(
      'the endpoint does not speak the protocol of HTTP that was asked for',
    )
  })

  test("the client's certificate is not accepted", async () => {
    const server = withCertificate(leaf, {
      requestCert: true,
      rejectUnauthorized: true,
      ca: testAuthority('X').certificate,
    })
    const own = { ca, certificate: { pem: agentLeaf.chain }, key: { pem: agentLeaf.key } }
    expect(await said(server, { tls: own })).toContain(
      'the endpoint closed the connection before it answered: does it speak without TLS (then use http://, for gRPC also: insecure), or want a certificate of the client?',
    )
  })

  test('plain HTTP goes to a port with TLS', async () => {
    expect(await said(withCertificate(leaf), {}, 'http')).toContain(
      'the endpoint closed the connection before it answered: is it a port with TLS (then use https://)',
    )
    // Some answer with an alert.
    expect(await said(answering(Buffer.from('15030300020246', 'hex')), {}, 'http')).toContain('or one with TLS?')
  })

  test.each([
    ['unknown ca', "does not accept the client's certificate"],
    ['certificate expired', "does not accept the client's certificate"],
    ['certificate required', 'does it want a certificate of the client'],
    ['unrecognized name', 'does not know the server name'],
    ['insufficient security', 'TLS could not be agreed on'],
  ])('the alert "%s"', (alert, advice) => {
    for (const error of [
      Object.assign(new Error('x'), {
        code: 'ERR_SSL_TLSV1_ALERT',
        reason: `tlsv1 alert ${alert}`.replace('alert unrecognized', 'unrecognized'),
      }),
      Object.assign(
        new Error(
          `write EPROTO 80CC:error:0A000410:SSL routines:ssl3_read_bytes:tlsv1 alert ${alert}:../deps/x.c:1:SSL alert number 1\n`,
        ),
        { code: 'EPROTO' },
      ),
    ]) {
      const made = connectionError('https://a.test/', error, '1 span')
      expect(made.message).toContain(advice)
      expect(made.message).not.toContain('../deps')
      expect(isOtlpError(made)).toBe(true)
    }
  })

  test('codes of certificates that have no words of their own', () => {
    expect(adviceForCode('CERT_UNTRUSTED')).toContain('the certificate of the endpoint is not trusted')
    expect(adviceForCode('UNABLE_TO_GET_ISSUER_CERT_LOCALLY')).toContain(
      'the authority of the certificate is not trusted here',
    )
    expect(adviceForCode('CERT_REVOKED')).toContain('was revoked')
    expect(adviceForCode('ESOMETHING')).toBe('check the endpoint')
  })
})

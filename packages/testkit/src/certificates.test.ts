// SPDX-License-Identifier: Apache-2.0
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { connect, createServer, type TlsOptions } from 'node:tls'
import { selfSignedCertificate, testAuthority } from '@otel-ts/testkit'
import { describe, expect, test } from 'vitest'

/** What a client that trusts `ca` makes of a server with these options: 'trusted', or the error's code. */
async function verdict(options: TlsOptions, ca: string, servername: string): Promise<string> {
  const server = createServer(options, (socket) => socket.end())
  server.on('tlsClientError', () => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const result = await new Promise<string>((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, ca, servername }, () => resolve('trusted'))
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    socket.on('close', () => resolve('closed'))
    socket.resume()
  })
  await new Promise((resolve) => server.close(resolve))
  return result
}

describe('certificates', () => {
  test('are read by OpenSSL with the names, times and usages asked for', () => {
    const root = testAuthority('Root A')
    const leaf = root.issue({
      names: ['a.test', '*.b.test', '10.0.0.7', 'fe80::1:2'],
      notBefore: new Date('2001-02-03T04:05:06Z'),
      notAfter: new Date('2051-02-03T04:05:06Z'),
      usage: 'client',
    })
    const read = new X509Certificate(leaf.certificate)
    expect(read.subject).toBe('CN=a.test')
    expect(read.issuer).toBe('CN=Root A')
    expect(read.subjectAltName).toBe('DNS:a.test, DNS:*.b.test, IP Address:10.0.0.7, IP Address:FE80:0:0:0:0:0:1:2')
    expect([read.validFrom, read.validTo]).toEqual(['Feb  3 04:05:06 2001 GMT', 'Feb  3 04:05:06 2051 GMT'])
    expect(read.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2'])
    expect(read.ca).toBe(false)
    expect(new X509Certificate(root.certificate).ca).toBe(true)
    expect(read.verify(new X509Certificate(root.certificate).publicKey)).toBe(true)
    expect(read.checkPrivateKey(createPrivateKey(leaf.key))).toBe(true)
  })

  test('have serial numbers of their own', () => {
    const root = testAuthority()
    const serials = [root, root.issue(), root.issue()].map((made) => new X509Certificate(made.certificate).serialNumber)
    expect(new Set(serials).size).toBe(3)
  })

  test('protect a key with a password on request', () => {
    const leaf = testAuthority().issue()
    expect(() => createPrivateKey(leaf.encryptedKey('secret'))).toThrow()
    const read = createPrivateKey({ key: leaf.encryptedKey('secret'), passphrase: 'secret' })
    expect(new X509Certificate(leaf.certificate).checkPrivateKey(read)).toBe(true)
  })

  test.each(['ec', 'rsa'] as const)('with a key of type %s serve TLS to who trusts the root', async (keyType) => {
    const root = testAuthority()
    const leaf = root.issue({ keyType })
    expect(await verdict({ cert: leaf.chain, key: leaf.key }, root.certificate, 'localhost')).toBe('trusted')
  })

  test('of an intermediate authority are trusted with their chain, and not without', async () => {
    const root = testAuthority()
    const leaf = root.intermediate('Middle 1').intermediate('Middle 2').issue()
    expect(leaf.chain.match(/BEGIN CERTIFICATE/g)).toHaveLength(3)
    expect(await verdict({ cert: leaf.chain, key: leaf.key }, root.certificate, 'localhost')).toBe('trusted')
    expect(await verdict({ cert: leaf.certificate, key: leaf.key }, root.certificate, 'localhost')).toBe(
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    )
  })

  test.each([
    ['expired', { notAfter: new Date('2021-01-01T00:00:00Z') }, 'CERT_HAS_EXPIRED'],
    ['not yet valid', { notBefore: new Date('2110-01-01T00:00:00Z') }, 'CERT_NOT_YET_VALID'],
    ['for another name', { names: ['other.test'] }, 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['for clients only', { usage: 'client' }, 'INVALID_PURPOSE'],
  ] as const)('that are %s are not trusted', async (_what, options, code) => {
    const root = testAuthority()
    const leaf = root.issue(options)
    expect(await verdict({ cert: leaf.chain, key: leaf.key }, root.certificate, 'localhost')).toBe(code)
  })

  test('that signed themselves are trusted as their own authority only', async () => {
    const own = selfSignedCertificate()
    expect(await verdict({ cert: own.chain, key: own.key }, own.certificate, 'localhost')).toBe('trusted')
    expect(await verdict({ cert: own.chain, key: own.key }, testAuthority().certificate, 'localhost')).toBe(
      'DEPTH_ZERO_SELF_SIGNED_CERT',
    )
  })

  test('of another authority with the same name are not trusted', async () => {
    const leaf = testAuthority().issue()
    expect(await verdict({ cert: leaf.chain, key: leaf.key }, testAuthority().certificate, 'localhost')).not.toBe(
      'trusted',
    )
  })
})

// SPDX-License-Identifier: Apache-2.0
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { isIPv4, isIPv6 } from 'node:net'
import { bitString, boolean, der, integer, octetString, oid, sequence, set, time, utf8 } from './certificate-der.ts'

/** A certificate with its key, as PEM text. */
export interface TestCertificate {
  readonly certificate: string
  /** The certificate and, after it, the intermediate ones up to and without the root. */
  readonly chain: string
  /** PKCS #8, not protected. */
  readonly key: string
  /** The key protected with a password (PKCS #8, AES-256-CBC). */
  encryptedKey(password: string): string
}

/** What {@link TestAuthority.issue} writes into a certificate. */
export interface TestCertificateOptions {
  /** Common name of the subject. Default the first of `names`. */
  readonly commonName?: string
  /** DNS names and IP addresses it is for. Default `localhost`, `127.0.0.1` and `::1`. */
  readonly names?: readonly string[]
  /** Default 2020-01-01. */
  readonly notBefore?: Date
  /** Default 2120-01-01. */
  readonly notAfter?: Date
  /** What the extended key usage allows; 'both' by default. */
  readonly usage?: 'server' | 'client' | 'both'
  /** Key to certify. Default a new one on the curve P-256. */
  readonly keyType?: 'ec' | 'rsa'
}

/** An authority that a test trusts, or does not. */
export interface TestAuthority extends TestCertificate {
  issue(options?: TestCertificateOptions): TestCertificate
  /** An authority below this one; what it issues has it in `chain`. */
  intermediate(name: string): TestAuthority
}

/**
 * Makes a root authority. Certificates are written here with `node:crypto` alone, so that tests of TLS need neither
 * `openssl` nor files with an end date.
 *
 * @example
 * ```ts
 * import { X509Certificate } from 'node:crypto'
 * import { testAuthority } from '@otel-ts/testkit'
 * const authority = testAuthority()
 * const { certificate } = authority.issue({ names: ['collector.test'] })
 * console.log(new X509Certificate(certificate).checkHost('collector.test')) // collector.test
 * ```
 */
export function testAuthority(name = 'Test root'): TestAuthority {
  const keys = newKeys('ec')
  const own = { name, keys }
  return authorityOf(own, signCertificate(own, own, authorityExtensions(keys)), undefined)
}

/** Makes a certificate that no authority stands behind: it is signed with its own key. */
export function selfSignedCertificate(options: TestCertificateOptions = {}): TestCertificate {
  const names = options.names ?? defaultNames
  const own: Party = { name: options.commonName ?? names[0] ?? 'test', keys: newKeys('ec') }
  const extensions = leafExtensions(own.keys, names, options.usage ?? 'both')
  return withKey(own, signCertificate(own, own, extensions, options.notBefore, options.notAfter), '')
}

interface Party {
  readonly name: string
  readonly keys: { readonly publicKey: KeyObject; readonly privateKey: KeyObject }
}

const defaultNames = ['localhost', '127.0.0.1', '::1']
const defaultNotBefore = new Date('2020-01-01T00:00:00Z')
const defaultNotAfter = new Date('2120-01-01T00:00:00Z')

// `chainAbove`: the PEM of the authorities between this one's certificates and the root; undefined for the root, which
// peers know already.
function authorityOf(own: Party, certificate: string, chainAbove: string | undefined): TestAuthority {
  const ownChain = chainAbove === undefined ? '' : certificate + chainAbove
  return {
    ...withKey(own, certificate, chainAbove ?? ''),
    issue(options = {}) {
      const names = options.names ?? defaultNames
      const leaf: Party = { name: options.commonName ?? names[0] ?? 'test', keys: newKeys(options.keyType ?? 'ec') }
      const extensions = leafExtensions(leaf.keys, names, options.usage ?? 'both')
      return withKey(leaf, signCertificate(leaf, own, extensions, options.notBefore, options.notAfter), ownChain)
    },
    intermediate(name) {
      const below: Party = { name, keys: newKeys('ec') }
      return authorityOf(below, signCertificate(below, own, authorityExtensions(below.keys)), ownChain)
    },
  }
}

function newKeys(type: 'ec' | 'rsa'): Party['keys'] {
  return type === 'ec'
    ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
    : generateKeyPairSync('rsa', { modulusLength: 2048 })
}

function withKey(party: Party, certificate: string, chainAbove: string): TestCertificate {
  const { privateKey } = party.keys
  return {
    certificate,
    chain: certificate + chainAbove,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    encryptedKey: (password) =>
      privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: password }) as string,
  }
}

// ecdsa-with-SHA256; every authority has a key on P-256.
const signatureAlgorithm = sequence(oid('1.2.840.10045.4.3.2'))

// RFC 5280 section 4.1.
function signCertificate(
  subject: Party,
  issuer: Party,
  extensions: Uint8Array,
  notBefore: Date = defaultNotBefore,
  notAfter: Date = defaultNotAfter,
): string {
  const body = sequence(
    der(0xa0, integer(Buffer.of(2))), // version 3
    integer(Buffer.concat([Buffer.of(1), randomBytes(15)])),
    signatureAlgorithm,
    distinguishedName(issuer.name),
    sequence(time(notBefore), time(notAfter)),
    distinguishedName(subject.name),
    subject.keys.publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, extensions),
  )
  const signature = sign('sha256', body, issuer.keys.privateKey)
  const bytes = sequence(body, signatureAlgorithm, bitString(signature))
  const lines = bytes.toString('base64').replace(/.{1,64}/g, '$&\n')
  return `-----BEGIN CERTIFICATE-----\n${lines}-----END CERTIFICATE-----\n`
}

function distinguishedName(commonName: string): Buffer {
  return sequence(set(sequence(oid('2.5.4.3'), utf8(commonName))))
}

function extension(id: string, critical: boolean, value: Uint8Array): Buffer {
  return sequence(oid(id), ...(critical ? [boolean(true)] : []), octetString(value))
}

function authorityExtensions(keys: Party['keys']): Buffer {
  return sequence(
    extension('2.5.29.19', true, sequence(boolean(true))), // basicConstraints: a CA
    extension('2.5.29.15', true, bitString(Buffer.of(0x06), 1)), // keyUsage: keyCertSign, cRLSign
    extension('2.5.29.14', false, octetString(keyIdentifier(keys))),
  )
}

function leafExtensions(keys: Party['keys'], names: readonly string[], usage: 'server' | 'client' | 'both'): Buffer {
  const usages: Buffer[] = []
  if (usage !== 'client') usages.push(oid('1.3.6.1.5.5.7.3.1'))
  if (usage !== 'server') usages.push(oid('1.3.6.1.5.5.7.3.2'))
  const list = [
    extension('2.5.29.19', true, sequence()),
    extension('2.5.29.15', true, bitString(Buffer.of(0xa0), 5)), // keyUsage: digitalSignature, keyEncipherment
    extension('2.5.29.37', false, sequence(...usages)),
    extension('2.5.29.14', false, octetString(keyIdentifier(keys))),
  ]
  if (names.length > 0) list.push(extension('2.5.29.17', false, sequence(...names.map(generalName))))
  return sequence(...list)
}

function keyIdentifier(keys: Party['keys']): Buffer {
  return createHash('sha1')
    .update(keys.publicKey.export({ type: 'spki', format: 'der' }))
    .digest()
}

function generalName(name: string): Buffer {
  if (isIPv4(name)) return der(0x87, Buffer.from(name.split('.').map(Number)))
  if (isIPv6(name)) return der(0x87, ipv6Bytes(name))
  return der(0x82, Buffer.from(name))
}

function ipv6Bytes(address: string): Buffer {
  const [head, tail] = address.split('::').map((part) => (part === '' ? [] : part.split(':')))
  const zeros = tail === undefined ? [] : Array.from({ length: 8 - head!.length - tail.length }, () => '0')
  return Buffer.from([...head!, ...zeros, ...(tail ?? [])].map((group) => group.padStart(4, '0')).join(''), 'hex')
}

// SPDX-License-Identifier: Apache-2.0
import type { KeyObject, X509Certificate } from 'node:crypto'
import { type OtlpError, otlpError } from '../errors.ts'
import { nodeCrypto } from './builtin.ts'
import type { PemSource } from './tls-options.ts'

/** Text of a {@link PemSource} with what messages call it. */
export interface PemText {
  /** Such as `tls.key "/etc/otel/key.pem"`. */
  readonly label: string
  readonly text: string
}

/** What messages call a source. */
export function pemLabel(option: string, source: PemSource): string {
  return 'file' in source ? `tls.${option} ${JSON.stringify(source.file)}` : `tls.${option} (PEM text)`
}

/** The error for a file that cannot be read. */
export function unreadable(label: string, error: unknown): OtlpError {
  const text = error instanceof Error ? error.message : String(error)
  return otlpError('OTLP_OPTION', `${label}: ${text}; expected is a readable PEM file; not used`, error)
}

const certificateBlock =
  /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----[\s\S]*?-----END (?:X509 |TRUSTED )?CERTIFICATE-----/g

/** The certificates of a text, first one first. Throws OTLP_OPTION when there is none or one cannot be read. */
export function certificatesOf(pem: PemText): readonly X509Certificate[] {
  const blocks = pem.text.match(certificateBlock)
  if (blocks === null) {
    throw otlpError('OTLP_OPTION', `${pem.label}: ${contentText(pem.text)}; ${certificateExpected}; not used`)
  }
  return blocks.map((block, index) => {
    try {
      return new (nodeCrypto().X509Certificate)(block)
    } catch (error) {
      throw otlpError(
        'OTLP_OPTION',
        `${pem.label}: certificate ${index + 1} of ${blocks.length} cannot be read: ${opensslText(error)}; ${certificateExpected}; not used`,
        error,
      )
    }
  })
}

const certificateExpected = 'expected are one or more blocks "-----BEGIN CERTIFICATE-----"'
const keyExpected = 'expected is a block "-----BEGIN PRIVATE KEY-----" (or EC or RSA PRIVATE KEY)'

/** The private key of a text. Throws OTLP_OPTION. */
export function privateKeyOf(pem: PemText): KeyObject {
  try {
    return nodeCrypto().createPrivateKey(pem.text)
  } catch (error) {
    if (isProtected(pem.text)) {
      throw otlpError(
        'OTLP_OPTION',
        `${pem.label}: the key is protected with a password; expected is one without, such as "openssl pkey -in key.pem -out plain.pem" writes; not used`,
        error,
      )
    }
    const problem = pem.text.includes('PRIVATE KEY-----')
      ? `the key cannot be read: ${opensslText(error)}`
      : contentText(pem.text)
    throw otlpError('OTLP_OPTION', `${pem.label}: ${problem}; ${keyExpected}; not used`, error)
  }
}

/** Throws OTLP_OPTION when the key is another certificate's. */
export function checkPair(certificate: PemText, leaf: X509Certificate, key: PemText, privateKey: KeyObject): void {
  if (leaf.checkPrivateKey(privateKey)) return
  throw otlpError(
    'OTLP_OPTION',
    `${key.label}: not the key of ${certificate.label} (subject ${oneLine(leaf.subject)}); expected is the key that the first certificate there was made for; not used`,
  )
}

/** The error for a certificate that is used outside its time, or undefined. */
export function validityError(pem: PemText, leaf: X509Certificate, now: number): OtlpError | undefined {
  const expired = now > Date.parse(leaf.validTo)
  if (!expired && now >= Date.parse(leaf.validFrom)) return undefined
  const when = expired ? `expired at ${leaf.validTo}` : `is not valid before ${leaf.validFrom}`
  return otlpError(
    'OTLP_OPTION',
    `${pem.label}: the certificate (subject ${oneLine(leaf.subject)}) ${when}; expected is one that is valid now; used all the same, but peers that check it will refuse the connection`,
  )
}

function isProtected(text: string): boolean {
  return text.includes('BEGIN ENCRYPTED PRIVATE KEY') || /Proc-Type: 4,\s*ENCRYPTED/.test(text)
}

function contentText(text: string): string {
  const kinds = [...text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----/g)].map((match) => match[1])
  if (kinds.length > 0) return `has only ${[...new Set(kinds)].join(' and ')}`
  return text.trim() === '' ? 'is empty' : 'is not PEM'
}

// Subjects have a line for each part.
function oneLine(subject: string): string {
  return subject.split('\n').join(', ')
}

function opensslText(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

// SPDX-License-Identifier: Apache-2.0
import { otlpError } from '../errors.ts'
import { nodeTls } from './builtin.ts'

// Names of IANA, which Go uses too, and what OpenSSL calls the same suite. Of TLS 1.3 both have one name.
const tls13Suites = ['TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256', 'TLS_AES_128_GCM_SHA256']

const secureSuites: Readonly<Record<string, string>> = {
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: 'ECDHE-ECDSA-AES128-GCM-SHA256',
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: 'ECDHE-ECDSA-AES256-GCM-SHA384',
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-ECDSA-CHACHA20-POLY1305',
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: 'ECDHE-RSA-AES128-GCM-SHA256',
  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: 'ECDHE-RSA-AES256-GCM-SHA384',
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-RSA-CHACHA20-POLY1305',
  TLS_DHE_RSA_WITH_AES_128_GCM_SHA256: 'DHE-RSA-AES128-GCM-SHA256',
  TLS_DHE_RSA_WITH_AES_256_GCM_SHA384: 'DHE-RSA-AES256-GCM-SHA384',
  TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256: 'DHE-RSA-CHACHA20-POLY1305',
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA: 'ECDHE-ECDSA-AES128-SHA',
  TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA: 'ECDHE-ECDSA-AES256-SHA',
  TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA: 'ECDHE-RSA-AES128-SHA',
  TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA: 'ECDHE-RSA-AES256-SHA',
}

// What Go's crypto/tls lists as insecure: no forward secrecy, or CBC with a timing weakness, or a broken cipher.
const insecureSuites: Readonly<Record<string, string>> = {
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256: 'ECDHE-ECDSA-AES128-SHA256',
  TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384: 'ECDHE-ECDSA-AES256-SHA384',
  TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256: 'ECDHE-RSA-AES128-SHA256',
  TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384: 'ECDHE-RSA-AES256-SHA384',
  TLS_RSA_WITH_AES_128_GCM_SHA256: 'AES128-GCM-SHA256',
  TLS_RSA_WITH_AES_256_GCM_SHA384: 'AES256-GCM-SHA384',
  TLS_RSA_WITH_AES_128_CBC_SHA: 'AES128-SHA',
  TLS_RSA_WITH_AES_256_CBC_SHA: 'AES256-SHA',
  TLS_RSA_WITH_AES_128_CBC_SHA256: 'AES128-SHA256',
  TLS_RSA_WITH_AES_256_CBC_SHA256: 'AES256-SHA256',
  TLS_RSA_WITH_3DES_EDE_CBC_SHA: 'DES-CBC3-SHA',
  TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA: 'ECDHE-RSA-DES-CBC3-SHA',
  TLS_RSA_WITH_RC4_128_SHA: 'RC4-SHA',
  TLS_ECDHE_RSA_WITH_RC4_128_SHA: 'ECDHE-RSA-RC4-SHA',
  TLS_ECDHE_ECDSA_WITH_RC4_128_SHA: 'ECDHE-ECDSA-RC4-SHA',
}

const secureOpensslNames: ReadonlySet<string> = new Set(Object.values(secureSuites))

/** Names for messages: those of `cipherSuites` that are taken without further ado. */
const allowedNames: string = [...tls13Suites, ...Object.keys(secureSuites)].join(', ')

/**
 * The cipher string of OpenSSL for a list of suites, best first. Throws OTLP_OPTION for a name that nobody knows, that
 * this Node's OpenSSL does not have, or that is weak without `includeInsecure`.
 */
export function opensslCiphers(names: readonly string[], includeInsecure: boolean): string {
  if (names.length === 0) throw cipherError('', 'the list is empty')
  const available = new Set(nodeTls().getCiphers())
  const list: string[] = []
  let namesTls13 = false
  for (const name of names) {
    const upper = name.toUpperCase()
    const openssl = secureSuites[upper] ?? insecureSuites[upper] ?? upper
    const isTls13 = upper.startsWith('TLS_') && openssl === upper
    const known = openssl !== upper || available.has(upper.toLowerCase())
    if (!known) throw cipherError(name, 'not a name of a cipher suite')
    if (!available.has(openssl.toLowerCase())) throw cipherError(name, 'the OpenSSL of this Node does not have it')
    if (!isTls13 && !secureOpensslNames.has(openssl) && !includeInsecure) {
      throw cipherError(name, 'weak, and includeInsecureCipherSuites is not set')
    }
    namesTls13 ||= isTls13
    list.push(openssl)
  }
  // Node turns TLS 1.3 off when a list names only older suites; elsewhere such a list says nothing about TLS 1.3.
  return (namesTls13 ? list : [...tls13Suites, ...list]).join(':')
}

function cipherError(name: string, problem: string): Error {
  return otlpError(
    'OTLP_OPTION',
    `tls.cipherSuites: ${JSON.stringify(name)}: ${problem}; allowed are ${allowedNames}, or their names in OpenSSL; not started`,
  )
}

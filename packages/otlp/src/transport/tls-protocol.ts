// SPDX-License-Identifier: Apache-2.0
import type { SecureContextOptions, SecureVersion } from 'node:tls'
import { otlpError } from '../errors.ts'
import { nodeTls } from './builtin.ts'
import { opensslCiphers } from './tls-ciphers.ts'
import type { TlsOptions, TlsVersion } from './tls-options.ts'

const versions: Readonly<Record<TlsVersion, SecureVersion>> = {
  '1.0': 'TLSv1',
  '1.1': 'TLSv1.1',
  '1.2': 'TLSv1.2',
  '1.3': 'TLSv1.3',
}

// Names of Go, both of its constants and of the Collector's configuration, and what OpenSSL calls the group.
const groups: Readonly<Record<string, string>> = {
  P256: 'P-256',
  P384: 'P-384',
  P521: 'P-521',
  CURVEP256: 'P-256',
  CURVEP384: 'P-384',
  CURVEP521: 'P-521',
}

/** Versions, cipher suites and curves as Node takes them. Throws OTLP_OPTION. */
export function protocolOptions(options: TlsOptions): SecureContextOptions {
  const minVersion = versionOf('minVersion', options.minVersion ?? '1.2')
  const maxVersion = versionOf('maxVersion', options.maxVersion ?? '1.3')
  if (minVersion > maxVersion) {
    throw otlpError(
      'OTLP_OPTION',
      `tls.minVersion "${options.minVersion ?? '1.2'}": newer than maxVersion "${options.maxVersion ?? '1.3'}"; expected is one not newer than that; not started`,
    )
  }
  const made: SecureContextOptions = { minVersion, maxVersion }
  const { cipherSuites, curves } = options
  if (cipherSuites !== undefined) {
    made.ciphers = opensslCiphers(cipherSuites, options.includeInsecureCipherSuites ?? false)
    made.honorCipherOrder = true
    checkCiphersFit(cipherSuites, made.ciphers, options.maxVersion ?? '1.3')
  }
  if (minVersion < 'TLSv1.2') {
    // TLS 1.0 and 1.1 sign with SHA-1, which OpenSSL 3 allows at its lowest level only.
    made.ciphers = `${made.ciphers ?? nodeTls().DEFAULT_CIPHERS}:@SECLEVEL=0`
  }
  if (curves !== undefined) made.ecdhCurve = curveList(curves)
  return made
}

function versionOf(key: 'minVersion' | 'maxVersion', version: TlsVersion): SecureVersion {
  const found = Object.hasOwn(versions, version) ? versions[version] : undefined
  if (found === undefined) {
    throw otlpError(
      'OTLP_OPTION',
      `tls.${key} ${JSON.stringify(version)}: not a version of TLS; allowed are ${Object.keys(versions).join(', ')}; not started`,
    )
  }
  return found
}

// A list that leaves no version to speak would only show as failing handshakes.
function checkCiphersFit(names: readonly string[], ciphers: string, maxVersion: TlsVersion): void {
  if (maxVersion === '1.3' || ciphers.split(':').some((name) => !name.startsWith('TLS_'))) return
  throw otlpError(
    'OTLP_OPTION',
    `tls.cipherSuites ${JSON.stringify(names.join(', '))}: all belong to TLS 1.3, but maxVersion is "${maxVersion}"; expected is at least one suite of an older version; not started`,
  )
}

function curveList(names: readonly string[]): string {
  const list = names.map((name) => groups[name.toUpperCase()] ?? name)
  try {
    if (list.length === 0) throw new Error('the list is empty')
    nodeTls().createSecureContext({ ecdhCurve: list.join(':') })
  } catch (error) {
    const bad = list.findIndex((name) => !isCurve(name))
    throw otlpError(
      'OTLP_OPTION',
      `tls.curves ${JSON.stringify(names[bad] ?? '')}: ${bad === -1 ? (error as Error).message : 'not a group that the OpenSSL of this Node has'}; allowed are X25519, P256, P384, P521 and the names of OpenSSL; not started`,
      error,
    )
  }
  return list.join(':')
}

function isCurve(name: string): boolean {
  try {
    nodeTls().createSecureContext({ ecdhCurve: name })
    return true
  } catch {
    return false
  }
}

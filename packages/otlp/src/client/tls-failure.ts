// SPDX-License-Identifier: Apache-2.0

/**
 * What OpenSSL says of a handshake that failed, such as `wrong version number`. Node hands it over as a property when
 * it was reading, and in the middle of a line with file names when it was writing.
 */
export function tlsReason(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  const { reason, code } = error as { reason?: unknown; code?: unknown }
  if (typeof code !== 'string' || (code !== 'EPROTO' && !code.startsWith('ERR_SSL'))) return undefined
  if (typeof reason === 'string') return reason
  return /:SSL routines:[^:]*:([^:]+):/.exec(error.message)?.[1]
}

/** What probably is the matter with a TLS connection; undefined when the code is none of TLS. */
export function tlsAdvice(code: string, reason: string | undefined): string | undefined {
  switch (code) {
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return 'the certificate of the endpoint is for other names: use one of them in the endpoint, or set it as the server name'
    case 'CERT_HAS_EXPIRED':
      return 'the certificate of the endpoint has expired: renew it there, and check the clock of this machine'
    case 'CERT_NOT_YET_VALID':
      return 'the certificate of the endpoint is not valid yet: check the clock of this machine, and of the one that made it'
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
      return 'the endpoint signed its certificate itself: to trust it, set this certificate as the authority (ca)'
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
      return 'the authority of the certificate is not trusted here: set it (ca)'
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
      return 'the authority of the certificate is not trusted here, or the endpoint does not send the certificates between: set the authority (ca), or give the endpoint its whole chain'
    case 'CERT_SIGNATURE_FAILURE':
      return 'the certificate is not of the authority that is trusted here under the same name: set the right one (ca)'
    case 'INVALID_PURPOSE':
      return 'the certificate of the endpoint was not made for servers: expected is one with the extended key usage serverAuth'
    case 'CERT_REVOKED':
      return 'the certificate of the endpoint was revoked: renew it there'
  }
  if (code === 'EPROTO' || code.startsWith('ERR_SSL')) return handshakeAdvice(reason ?? '')
  if (/CERT|SELF_SIGNED|ISSUER|VERIFY/.test(code)) {
    return 'the certificate of the endpoint is not trusted: check its chain and name, and the authorities that are trusted here'
  }
  return undefined
}

function handshakeAdvice(reason: string): string {
  if (/wrong version number|packet length too long|record layer failure|http request/.test(reason)) {
    return 'the endpoint does not speak TLS: use http:// (for gRPC also: insecure)'
  }
  if (/alert (certificate required|bad certificate|handshake failure)/.test(reason)) {
    return 'the endpoint refused the handshake: does it want a certificate of the client (certificate and key), or other versions or cipher suites of TLS?'
  }
  if (
    /alert (unknown ca|certificate expired|certificate revoked|certificate unknown|unsupported certificate)/.test(
      reason,
    )
  ) {
    return "the endpoint does not accept the client's certificate: expected is a valid one of an authority that the endpoint trusts"
  }
  if (/protocol version|unsupported protocol|version too low/.test(reason)) {
    return 'the endpoint and this client have no version of TLS in common: check minVersion and maxVersion'
  }
  if (/no ciphers|no shared cipher|no suitable|no protocols/.test(reason)) {
    return 'the endpoint and this client have no cipher suite or curve in common'
  }
  if (/application protocol/.test(reason)) return 'the endpoint does not speak the protocol of HTTP that was asked for'
  if (/unrecognized name/.test(reason)) return 'the endpoint does not know the server name that was asked for'
  return 'TLS could not be agreed on: if the endpoint speaks without TLS, use http:// (for gRPC also: insecure)'
}

// SPDX-License-Identifier: Apache-2.0
import type { PeerCertificate } from 'node:tls'
import { nodeCrypto, nodeNet, nodeTls } from './builtin.ts'

/**
 * Whether a certificate is for `name`: undefined, or the error of `tls.checkServerIdentity`. IPv6 addresses are looked up
 * by OpenSSL, since Node 22.23 takes them for names of hosts and refuses every certificate.
 */
export function checkIdentity(name: string, certificate: PeerCertificate): Error | undefined {
  if (nodeNet().isIPv6(name) && new (nodeCrypto().X509Certificate)(certificate.raw).checkIP(name) !== undefined) {
    return undefined
  }
  return nodeTls().checkServerIdentity(name, certificate)
}

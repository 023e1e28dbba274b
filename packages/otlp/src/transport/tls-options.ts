// SPDX-License-Identifier: Apache-2.0
import type { OtlpError } from '../errors.ts'

/** Certificates or a key in PEM: as text, or the path of a file that has them. */
export type PemSource = { readonly pem: string } | { readonly file: string }

/** A version of TLS. 1.0 and 1.1 are insecure (RFC 8996) and only used when asked for. */
export type TlsVersion = '1.0' | '1.1' | '1.2' | '1.3'

/** TLS options that clients and servers share. */
export interface TlsOptions {
  /**
   * Authorities to trust, one or more certificates. They replace the ones of the system unless `includeSystemCas`.
   * A server that has `clientCa` does not use it; one without completes its own chain from it.
   */
  readonly ca?: PemSource
  /**
   * Trust the authorities of the system besides `ca`: those Node trusts by itself, and where Node can read it
   * (`tls.getCACertificates`, since 22.15) the store of the operating system. Default false.
   */
  readonly includeSystemCas?: boolean
  /** Own certificate, followed by the intermediate ones. Needs `key`. */
  readonly certificate?: PemSource
  /** Key of `certificate`, not protected with a password. */
  readonly key?: PemSource
  /** Default '1.2'. */
  readonly minVersion?: TlsVersion
  /** Default '1.3'. */
  readonly maxVersion?: TlsVersion
  /**
   * Cipher suites in order of preference, by the names of IANA and Go (`TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256`) or of
   * OpenSSL (`ECDHE-RSA-AES128-GCM-SHA256`). Those of TLS 1.3 stay on as long as the list names none of them. Default:
   * those of Node.
   */
  readonly cipherSuites?: readonly string[]
  /** Whether `cipherSuites` may name suites that are known to be weak. Default false. */
  readonly includeInsecureCipherSuites?: boolean
  /** Groups of the key exchange in order of preference: X25519, P256, P384, P521 or what OpenSSL calls them. */
  readonly curves?: readonly string[]
  /**
   * Files are read again this often, in milliseconds, and a change is used for new connections. A changed file that
   * cannot be used is reported once, and the last good one stays. Default: they are read once.
   */
  readonly reloadIntervalMillis?: number
}

/** TLS options of a client. */
export interface ClientTlsOptions extends TlsOptions {
  /** Name that the server's certificate must be for, and that is asked for (SNI). Default the host of the endpoint. */
  readonly serverName?: string
  /** Takes any certificate of the server: the connection is private to nobody knows whom. Default false. */
  readonly insecureSkipVerify?: boolean
}

/** TLS options of a server. `certificate` and `key` are needed. */
export interface ServerTlsOptions extends TlsOptions {
  /** Authorities of clients: given, a client must have a certificate of theirs (mTLS), or is not served. */
  readonly clientCa?: PemSource
  /**
   * Reads the file of `clientCa` again too: every `reloadIntervalMillis`, or every 10 seconds without one. Default false.
   */
  readonly reloadClientCa?: boolean
}

/** What TLS settings tell their owner. */
export interface TlsObserver {
  /** Changed files cannot be used: what was loaded before stays. Once for each change. */
  reloadFailed?(event: { error: OtlpError }): void
  /** Changed files are in use for new connections. */
  reloaded?(): void
  /** The own certificate is used although it has expired or is not valid yet: peers will refuse it. Once for each. */
  certificateNotValid?(event: { error: OtlpError }): void
}

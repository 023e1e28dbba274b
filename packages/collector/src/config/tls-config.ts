// SPDX-License-Identifier: Apache-2.0
import {
  boolean,
  durationMillis,
  type Field,
  field,
  type Infer,
  list,
  type ObjectCheck,
  type Opaque,
  object,
  oneOf,
  opaqueString,
  optionalSection,
  refused,
  section,
  string,
} from '@otel-ts/confmap'
import { systemClock } from '@otel-ts/otlp'
import {
  type ClientTlsOptions,
  createClientTls,
  type PemSource,
  type TlsObserver,
  type TlsOptions,
} from '@otel-ts/otlp/client'
import type { ServerTlsOptions } from '@otel-ts/otlp/server'
import type { ComponentLogger } from '../self-telemetry/log.ts'

const versions = ['1.0', '1.1', '1.2', '1.3'] as const

/** `configtls` of the Go Collector: what clients and servers have in common. */
const commonFields = {
  ca_file: field(string(), { description: 'File with the authorities that are trusted, PEM.' }),
  ca_pem: field(opaqueString(), { description: 'The same as text.' }),
  include_system_ca_certs_pool: field(boolean(), {
    default: false,
    description: 'Whether the authorities of the system are trusted beside `ca_file` or `ca_pem`.',
  }),
  cert_file: field(string(), { description: 'File with the own certificate and its chain, PEM.' }),
  cert_pem: field(opaqueString(), { description: 'The same as text.' }),
  key_file: field(string(), { description: 'File with the private key of the certificate, PEM.' }),
  key_pem: field(opaqueString(), { description: 'The same as text.' }),
  min_version: field(oneOf(versions), {
    default: '1.2',
    description: 'Lowest version of TLS. 1.0 and 1.1 are insecure (RFC 8996).',
  }),
  max_version: field(oneOf(versions), { description: 'Highest version of TLS; unset = the highest there is.' }),
  cipher_suites: field(list(string({ nonEmpty: true })), {
    default: [],
    description:
      'Cipher suites by their IANA names; none = those of Node. Those of TLS 1.3 stay on unless one of them is named.',
  }),
  include_insecure_cipher_suites: field(boolean(), {
    default: false,
    description: 'Whether `cipher_suites` may name suites that are known to be weak.',
  }),
  curve_preferences: field(list(string({ nonEmpty: true })), {
    default: [],
    description: 'Curves in order of preference: X25519, P256, P384, P521; none = those of Node.',
  }),
  reload_interval: field(durationMillis({ min: '0s' }), {
    default: 0,
    description: 'Time after which files are read again, for new connections; 0 = never.',
  }),
  tpm: refused('keys in a Trusted Platform Module cannot be used from Node', [{ enabled: false }]),
}

const clientSchema = object(
  {
    insecure: field(boolean(), {
      default: false,
      description:
        'gRPC: whether no TLS is used (it is all the same where `ca_file` or `ca_pem` is set). For HTTP the URL says it.',
    }),
    insecure_skip_verify: field(boolean(), {
      default: false,
      description: 'Whether any certificate of the server is accepted.',
    }),
    server_name_override: field(string(), {
      description: 'Name that is asked for and that the certificate must have, instead of the host.',
    }),
    ...commonFields,
  },
  checkCommon,
)

const serverSchema = object(
  {
    client_ca_file: field(string(), {
      description: 'File with the authorities of client certificates, PEM; set = every client must show one.',
    }),
    client_ca_file_reload: field(boolean(), {
      default: false,
      description: 'Whether `client_ca_file` is read again when it changes.',
    }),
    ...commonFields,
  },
  (value, scope, locate) => {
    checkCommon(value, scope, locate)
    for (const kind of ['cert', 'key'] as const) {
      if (!isSet(value[`${kind}_file`]) && !isSet(value[`${kind}_pem`])) {
        const message = `a server needs a certificate and its key; set ${kind}_file or ${kind}_pem`
        scope.problem('CONFIG_REQUIRED', locate(), message)
      }
    }
    if (value.client_ca_file_reload && !isSet(value.client_ca_file)) {
      const message = 'changes nothing without client_ca_file'
      scope.at('client_ca_file_reload').warn('CONFIG_SUSPICIOUS', locate('client_ca_file_reload'), message)
    }
  },
)

export type ClientTlsConfig = Infer<typeof clientSchema>
export type ServerTlsConfig = Infer<typeof serverSchema>

/** `tls` of clients: always there, its defaults are TLS with the authorities of the system. */
export const clientTlsField: Field<ClientTlsConfig> = section(clientSchema, 'TLS.')

/** `tls` of servers: absent = none. */
export const serverTlsField: Field<ServerTlsConfig | undefined> = optionalSection(serverSchema, {
  description: 'TLS; absent = none.',
  whenNull: 'absent',
})

/**
 * What the block says to a client; undefined where TLS is off: `insecure` without an authority, as upstream, which takes
 * an authority as the wish for TLS.
 */
export function clientTlsOptions(config: ClientTlsConfig): ClientTlsOptions | undefined {
  if (config.insecure && !isSet(config.ca_file) && !isSet(config.ca_pem)) return undefined
  return {
    ...commonOptions(config),
    ...(isSet(config.server_name_override) ? { serverName: config.server_name_override } : {}),
    ...(config.insecure_skip_verify ? { insecureSkipVerify: true } : {}),
  }
}

/** What the block says to a server. */
export function serverTlsOptions(config: ServerTlsConfig): ServerTlsOptions {
  return {
    ...commonOptions(config),
    ...(isSet(config.client_ca_file) ? { clientCa: { file: config.client_ca_file } } : {}),
    ...(config.client_ca_file_reload ? { reloadClientCa: true } : {}),
  }
}

/** Says what becomes of certificates while a component runs. */
export function tlsEvents(log: ComponentLogger): TlsObserver {
  return {
    reloaded: () => log.info('Certificates were read again; new connections use them'),
    reloadFailed: ({ error }) =>
      log.warn('Changed certificates cannot be used; the ones before stay in use', { error: error.message }),
    certificateNotValid: ({ error }) =>
      log.warn('The own certificate is not valid; peers will refuse it', { error: error.message }),
  }
}

/**
 * Fails with what would make every connection fail: a file that cannot be read, a key of another certificate. For
 * exporters, whose clients tell it with each request only.
 */
export function checkClientTls(options: ClientTlsOptions | undefined): void {
  createClientTls(options, systemClock).close()
}

function commonOptions(config: ClientTlsConfig | ServerTlsConfig): TlsOptions {
  const ca = sourceOf(config.ca_file, config.ca_pem)
  const certificate = sourceOf(config.cert_file, config.cert_pem)
  const key = sourceOf(config.key_file, config.key_pem)
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(config.include_system_ca_certs_pool ? { includeSystemCas: true } : {}),
    ...(certificate === undefined ? {} : { certificate }),
    ...(key === undefined ? {} : { key }),
    ...protocolOptions(config),
    ...(config.reload_interval === 0 ? {} : { reloadIntervalMillis: config.reload_interval }),
  }
}

function protocolOptions(config: Infer<typeof commonSchema>): TlsOptions {
  return {
    minVersion: config.min_version,
    ...(config.max_version === undefined ? {} : { maxVersion: config.max_version }),
    ...(config.cipher_suites.length === 0 ? {} : { cipherSuites: config.cipher_suites }),
    ...(config.include_insecure_cipher_suites ? { includeInsecureCipherSuites: true } : {}),
    ...(config.curve_preferences.length === 0 ? {} : { curves: config.curve_preferences }),
  }
}

function sourceOf(file: string | undefined, pem: Opaque | undefined): PemSource | undefined {
  if (isSet(file)) return { file }
  return isSet(pem) ? { pem: pem.reveal() } : undefined
}

function checkCommon(...[value, scope, locate]: Parameters<ObjectCheck<Infer<typeof commonSchema>>>): void {
  for (const kind of ['ca', 'cert', 'key'] as const) {
    if (!isSet(value[`${kind}_file`]) || !isSet(value[`${kind}_pem`])) continue
    const message = `${kind}_file and ${kind}_pem say the same thing; set one of them`
    scope.at(`${kind}_pem`).problem('CONFIG_VALUE', locate(`${kind}_pem`), message)
  }
  const hasCertificate = isSet(value.cert_file) || isSet(value.cert_pem)
  const hasKey = isSet(value.key_file) || isSet(value.key_pem)
  if (hasCertificate !== hasKey) {
    const message = `a certificate needs its key and a key its certificate; ${hasKey ? 'cert_file or cert_pem' : 'key_file or key_pem'} is missing`
    scope.problem('CONFIG_VALUE', locate(), message)
  }
  const wrong = protocolProblem(value)
  if (wrong !== undefined) scope.at(wrong.key).problem('CONFIG_VALUE', locate(wrong.key), wrong.message)
}

// Which suites and curves there are only OpenSSL knows, so it is asked.
function protocolProblem(value: Infer<typeof commonSchema>): { key: string; message: string } | undefined {
  if (value.max_version !== undefined && value.max_version < value.min_version) {
    return { key: 'max_version', message: `${value.max_version} is lower than min_version ${value.min_version}` }
  }
  try {
    createClientTls(protocolOptions(value), systemClock).close()
    return undefined
  } catch (error) {
    const { message } = error as Error
    const key = message.startsWith('tls.curves') ? 'curve_preferences' : 'cipher_suites'
    return { key, message: message.replace(/^tls\.\w+:? /, '').replace(/; not started$/, '') }
  }
}

const commonSchema = object(commonFields)

// Empty text means unset, as upstream.
function isSet<T extends string | Opaque>(value: T | undefined): value is T {
  return value !== undefined && (typeof value === 'string' ? value : value.reveal()) !== ''
}

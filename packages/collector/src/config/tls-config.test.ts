// SPDX-License-Identifier: Apache-2.0
import { formatProblem, type Infer, object, parseYaml, readConfig } from '@otel-ts/confmap'
import { describe, expect, test } from 'vitest'
import { clientTlsField, clientTlsOptions, serverTlsField, serverTlsOptions } from './tls-config.ts'

const client = object({ tls: clientTlsField })
const server = object({ tls: serverTlsField })

function read<S extends typeof client | typeof server>(schema: S, yaml: string) {
  const { value, problems, warnings } = readConfig(schema as never, parseYaml(yaml, 'x').node, ['c'])
  return { value: value as Infer<S> | undefined, problems: problems.map(formatProblem), warnings }
}
const clientOptions = (tls: string) => clientTlsOptions(read(client, `tls: {${tls}}`).value!.tls)
const serverOptions = (tls: string) => serverTlsOptions(read(server, `tls: {${tls}}`).value!.tls!)

describe('each key of a client', () => {
  test.each<[string, object]>([
    ['', {}],
    ['ca_file: a', { ca: { file: 'a' } }],
    ['ca_pem: a', { ca: { pem: 'a' } }],
    ['include_system_ca_certs_pool: true', { includeSystemCas: true }],
    ['cert_file: a, key_file: b', { certificate: { file: 'a' }, key: { file: 'b' } }],
    ['cert_pem: a, key_pem: b', { certificate: { pem: 'a' }, key: { pem: 'b' } }],
    ['min_version: "1.3"', { minVersion: '1.3' }],
    ['max_version: "1.2"', { maxVersion: '1.2' }],
    ['cipher_suites: [TLS_AES_128_GCM_SHA256]', { cipherSuites: ['TLS_AES_128_GCM_SHA256'] }],
    [
      'include_insecure_cipher_suites: true, cipher_suites: [TLS_RSA_WITH_AES_128_CBC_SHA]',
      { includeInsecureCipherSuites: true, cipherSuites: ['TLS_RSA_WITH_AES_128_CBC_SHA'] },
    ],
    ['curve_preferences: [P256]', { curves: ['P256'] }],
    ['reload_interval: 1m', { reloadIntervalMillis: 60_000 }],
    ['insecure_skip_verify: true', { insecureSkipVerify: true }],
    ['server_name_override: h', { serverName: 'h' }],
    // Empty text means unset.
    ['ca_file: "", ca_pem: "", server_name_override: ""', {}],
  ])('{%s}', (yaml, expected) => {
    expect(clientOptions(yaml)).toEqual({ minVersion: '1.2', ...expected })
  })

  test.each([
    ['insecure: true', undefined],
    ['insecure: true, insecure_skip_verify: true', undefined],
    ['insecure: true, ca_file: a', { minVersion: '1.2', ca: { file: 'a' } }],
    ['insecure: true, ca_pem: a', { minVersion: '1.2', ca: { pem: 'a' } }],
  ])('{%s}: TLS is off unless an authority is named', (yaml, expected) => {
    expect(clientOptions(yaml)).toEqual(expected)
  })

  test.each(['tls: ', 'tls: {}', '{}'])('"%s" means its defaults', (yaml) => {
    expect(clientTlsOptions(read(client, yaml).value!.tls)).toEqual({ minVersion: '1.2' })
  })

  test('keys and certificates given as text are not shown', () => {
    const { value } = read(client, 'tls: {ca_pem: secret1, cert_pem: secret2, key_pem: secret3}')
    expect(JSON.stringify(value)).not.toContain('secret')
  })
})

describe('each key of a server', () => {
  const own = 'cert_file: c, key_file: k'
  test.each<[string, object]>([
    ['', {}],
    [', client_ca_file: a', { clientCa: { file: 'a' } }],
    [', client_ca_file: a, client_ca_file_reload: true', { clientCa: { file: 'a' }, reloadClientCa: true }],
    [', reload_interval: 1s', { reloadIntervalMillis: 1000 }],
  ])('{…%s}', (yaml, expected) => {
    expect(serverOptions(own + yaml)).toEqual({
      minVersion: '1.2',
      certificate: { file: 'c' },
      key: { file: 'k' },
      ...expected,
    })
  })

  test.each(['tls: ', '{}'])('"%s" means none', (yaml) => {
    expect(read(server, yaml).value!.tls).toBeUndefined()
  })

  test('client_ca_file_reload alone draws a warning', () => {
    const { warnings } = read(server, `tls: {${own}, client_ca_file_reload: true}`)
    expect(warnings.map(({ path, message }) => `${path} ${message}`)).toEqual([
      'c::tls::client_ca_file_reload changes nothing without client_ca_file',
    ])
  })
})

describe('what is wrong is told with its place', () => {
  test.each([
    ['ca_file: a, ca_pem: b', 'x:1:27: c::tls::ca_pem: ca_file and ca_pem say the same thing; set one of them'],
    [
      'cert_file: a, cert_pem: b, key_file: c',
      'x:1:31: c::tls::cert_pem: cert_file and cert_pem say the same thing; set one of them',
    ],
    [
      'cert_file: a',
      'x:1:6: c::tls: a certificate needs its key and a key its certificate; key_file or key_pem is missing',
    ],
    [
      'key_pem: a',
      'x:1:6: c::tls: a certificate needs its key and a key its certificate; cert_file or cert_pem is missing',
    ],
    ['min_version: "1.3", max_version: "1.2"', 'x:1:40: c::tls::max_version: 1.2 is lower than min_version 1.3'],
    [
      'min_version: "1.4"',
      'x:1:20: c::tls::min_version: "1.4" is not allowed; did you mean "1.0"? allowed: 1.0, 1.1, 1.2, 1.3',
    ],
    [
      'tpm: {enabled: true}',
      'x:1:12: c::tls::tpm: is not supported: keys in a Trusted Platform Module cannot be used from Node',
    ],
  ])('{%s}', (yaml, problem) => {
    expect(read(client, `tls: {${yaml}}`).problems).toEqual([problem])
  })

  test.each([
    [
      'cipher_suites: [TLS_NONE]',
      /^x:1:22: c::tls::cipher_suites: "TLS_NONE": not a name of a cipher suite; allowed are /,
    ],
    [
      'cipher_suites: [TLS_RSA_WITH_AES_128_CBC_SHA]',
      /^x:1:22: c::tls::cipher_suites: "TLS_RSA_WITH_AES_128_CBC_SHA": weak, and /,
    ],
    ['curve_preferences: [P1]', /^x:1:26: c::tls::curve_preferences: "P1": not a group /],
  ])('{%s}', (yaml, problem) => {
    const { problems } = read(client, `tls: {${yaml}}`)
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatch(problem)
  })

  test('a server needs a certificate and its key', () => {
    expect(read(server, 'tls: {}').problems).toEqual([
      'x:1:6: c::tls: a server needs a certificate and its key; set cert_file or cert_pem',
      'x:1:6: c::tls: a server needs a certificate and its key; set key_file or key_pem',
    ])
    expect(read(server, 'tls: {client_ca_file: x}').problems).toHaveLength(2)
  })

  test('tpm may say that it is off', () => {
    expect(read(client, 'tls: {tpm: {enabled: false}}').problems).toEqual([])
  })
})

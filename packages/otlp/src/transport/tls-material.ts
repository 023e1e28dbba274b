// SPDX-License-Identifier: Apache-2.0
import type { X509Certificate } from 'node:crypto'
import type { SecureContextOptions } from 'node:tls'
import { otlpError } from '../errors.ts'
import { nodeFs, nodeTls } from './builtin.ts'
import type { ClientTlsOptions, PemSource, ServerTlsOptions } from './tls-options.ts'
import { certificatesOf, checkPair, type PemText, pemLabel, privateKeyOf, unreadable } from './tls-pem.ts'

/** Which sources a set of TLS options has. */
export interface PemSources {
  readonly ca?: PemSource | undefined
  readonly certificate?: PemSource | undefined
  readonly key?: PemSource | undefined
  readonly clientCa?: PemSource | undefined
}

type SourceName = keyof PemSources

/** The same sources with their text; an error where a file could not be read. */
export type PemTexts = Partial<Record<SourceName, PemText | Error>>

const sourceNames: readonly SourceName[] = ['ca', 'certificate', 'key', 'clientCa']

/** Reads everything now: at start-up, where waiting is allowed. */
export function readNow(sources: PemSources): PemTexts {
  const texts: PemTexts = {}
  for (const name of sourceNames) {
    const source = sources[name]
    if (source === undefined) continue
    const label = pemLabel(name, source)
    try {
      texts[name] = { label, text: 'file' in source ? nodeFs().readFileSync(source.file, 'utf8') : source.pem }
    } catch (error) {
      texts[name] = unreadable(label, error)
    }
  }
  return texts
}

/** Reads the files among `watched` again without holding the event loop; other texts stay as in `last`. */
export async function readAgain(
  sources: PemSources,
  watched: readonly SourceName[],
  last: PemTexts,
): Promise<PemTexts> {
  const texts: PemTexts = { ...last }
  for (const name of watched) {
    const source = sources[name]
    if (source === undefined || !('file' in source)) continue
    const label = pemLabel(name, source)
    try {
      texts[name] = { label, text: await nodeFs().promises.readFile(source.file, 'utf8') }
    } catch (error) {
      texts[name] = unreadable(label, error)
    }
  }
  return texts
}

/** Names of the sources that are files, of those given. */
export function fileSources(sources: PemSources, names: readonly SourceName[]): readonly SourceName[] {
  return names.filter((name) => {
    const source = sources[name]
    return source !== undefined && 'file' in source
  })
}

/** Whether both were read alike. */
export function sameTexts(one: PemTexts, other: PemTexts): boolean {
  return sourceNames.every((name) => textOf(one[name]) === textOf(other[name]))
}

function textOf(text: PemText | Error | undefined): string | undefined {
  return text instanceof Error ? text.message : text?.text
}

/** Certificates and key, checked, as Node takes them. */
export interface TlsMaterial {
  readonly context: SecureContextOptions
  /** The own certificate, to look at its times. */
  readonly own: { readonly text: PemText; readonly leaf: X509Certificate } | undefined
}

/** Checks texts and puts them together. Throws OTLP_OPTION. */
export function materialOf(texts: PemTexts, options: ClientTlsOptions & ServerTlsOptions): TlsMaterial {
  const context: SecureContextOptions = {}
  const ca = usable(texts.ca)
  const clientCa = usable(texts.clientCa)
  const trusted = clientCa ?? ca
  if (ca !== undefined) certificatesOf(ca)
  if (trusted !== undefined) context.ca = certificatesOf(trusted).map((certificate) => certificate.toString())
  if (options.includeSystemCas === true && clientCa === undefined) {
    context.ca = [...systemCas(), ...((context.ca as string[] | undefined) ?? [])]
  }
  const certificate = usable(texts.certificate)
  const key = usable(texts.key)
  if (certificate === undefined || key === undefined) {
    if (certificate !== undefined || key !== undefined) throw halfPair(certificate ?? key!, certificate === undefined)
    return { context, own: undefined }
  }
  const chain = certificatesOf(certificate)
  const privateKey = privateKeyOf(key)
  checkPair(certificate, chain[0]!, key, privateKey)
  context.cert = chain.map((one) => one.toString()).join('')
  context.key = key.text
  return { context, own: { text: certificate, leaf: chain[0]! } }
}

function usable(text: PemText | Error | undefined): PemText | undefined {
  if (text instanceof Error) throw text
  return text
}

function halfPair(given: PemText, isKey: boolean): Error {
  const missing = isKey ? 'certificate' : 'key'
  return otlpError(
    'OTLP_OPTION',
    `${given.label}: stands without tls.${missing}; expected are both, or neither; not used`,
  )
}

// The store of the operating system can be read since Node 22.15 only. What Node trusts by itself is part of the answer
// in either case: its own list, NODE_EXTRA_CA_CERTS where Node tells it.
function systemCas(): readonly string[] {
  const tls: { getCACertificates?: (type: 'default' | 'system') => string[]; rootCertificates: readonly string[] } =
    nodeTls()
  if (tls.getCACertificates === undefined) return tls.rootCertificates
  return [...new Set([...tls.getCACertificates('default'), ...tls.getCACertificates('system')])]
}

// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs'
import type { Signal } from '@otel-ts/otlp'
import type { ClientTlsOptions, OtlpHeaders, RetryPolicy } from '@otel-ts/otlp/client'
import { checkOtlpGrpcEndpoint, checkOtlpUrl, defaultRetryPolicy, otlpSignalUrl } from '@otel-ts/otlp/client/endpoint'
import { readBoolean, readEnum, readNumber, readString } from '../env/read.ts'
import type { OtlpName } from '../env/table.ts'
import { sdkEvents } from '../events.ts'
import { mergedHeaders } from './otlp-headers.ts'
import type { OtlpExporterOptions, OtlpProtocol } from './otlp-options.ts'

/** What the exporters of every protocol need, with environment and defaults filled in. */
export interface OtlpSettings {
  readonly endpoint: string
  readonly headers: OtlpHeaders
  readonly compression: string
  readonly timeoutMillis: number
  readonly concurrencyLimit: number
  readonly maxConcurrentExports: number
  readonly tls: ClientTlsOptions | undefined
  readonly retry: RetryPolicy | undefined
  /** Undefined: the client's default. */
  readonly maxRequestBytes: number | undefined
  readonly maxResponseBytes: number | undefined
}

const signalParts = { traces: 'TRACES_', metrics: 'METRICS_', logs: 'LOGS_' } as const

/** The names of an option, in the order in which they win: the signal's own, then the general one. */
export function otlpNames<O extends string>(signal: Signal, option: O): readonly OtlpName<O>[] {
  return [`OTEL_EXPORTER_OTLP_${signalParts[signal]}${option}`, `OTEL_EXPORTER_OTLP_${option}`]
}

/** Fills in what options leave out: first the variables of the signal, then the general ones, then the defaults. */
export function resolveOtlpSettings(
  signal: Signal,
  options: OtlpExporterOptions & { compression?: string },
  protocol: OtlpProtocol,
): OtlpSettings {
  const { retry } = options
  const concurrencyLimit = numberOption('concurrencyLimit', options.concurrencyLimit, 1) ?? 30
  const timeoutMillis =
    numberOption('timeoutMillis', options.timeoutMillis, 0) ??
    firstOf(otlpNames(signal, 'TIMEOUT'), readNumber) ??
    10_000
  // The time ends the tries; without a limit of it their count does.
  const maxAttempts = timeoutMillis > 0 ? Number.POSITIVE_INFINITY : defaultRetryPolicy.maxAttempts
  return {
    endpoint: options.url ?? (protocol === 'grpc' ? grpcEndpoint(signal) : httpEndpoint(signal)),
    headers: mergedHeaders(options.headers, otlpNames(signal, 'HEADERS')),
    compression: options.compression ?? firstOf(otlpNames(signal, 'COMPRESSION'), readEnum) ?? 'none',
    timeoutMillis,
    concurrencyLimit,
    maxConcurrentExports: Math.min(
      numberOption('maxConcurrentExports', options.maxConcurrentExports, 1) ?? 4,
      concurrencyLimit,
    ),
    tls: tlsOptions(signal, options.tls),
    retry: retry === false ? undefined : { ...defaultRetryPolicy, maxAttempts, ...retry },
    maxRequestBytes: numberOption('maxRequestBytes', options.maxRequestBytes, 1),
    maxResponseBytes: numberOption('maxResponseBytes', options.maxResponseBytes, 1),
  }
}

/** `OTEL_EXPORTER_OTLP_INSECURE` for a signal. Default false, for a socket of this machine true, as Go's SDK has it. */
export function environmentInsecure(signal: Signal, endpoint: string): boolean {
  return firstOf(otlpNames(signal, 'INSECURE'), readBoolean) ?? /^unix(-abstract)?:/i.test(endpoint)
}

/** `OTEL_EXPORTER_OTLP_PROTOCOL` for a signal. */
export function environmentProtocol(signal: Signal): OtlpProtocol {
  return (firstOf(otlpNames(signal, 'PROTOCOL'), readEnum) ?? 'http/protobuf') as OtlpProtocol
}

function httpEndpoint(signal: Signal): string {
  const [own, general] = otlpNames(signal, 'ENDPOINT')
  const allowed = 'a URL such as http://localhost:4318 or https://example.com/otlp'
  const read = (name: OtlpName<'ENDPOINT'>): string | undefined => readEndpoint(name, checkOtlpUrl, allowed)
  const url = read(own!)
  if (url !== undefined) return url
  return otlpSignalUrl(read(general!) ?? 'http://localhost:4318', signal)
}

function grpcEndpoint(signal: Signal): string {
  const allowed = 'http://host:port, https://host:port, host:port, dns:///host:port or unix:///path'
  const read = (name: OtlpName<'ENDPOINT'>): string | undefined => readEndpoint(name, checkOtlpGrpcEndpoint, allowed)
  return firstOf(otlpNames(signal, 'ENDPOINT'), read) ?? 'http://localhost:4317'
}

function readEndpoint(
  name: OtlpName<'ENDPOINT'>,
  check: (text: string) => Error | undefined,
  allowed: string,
): string | undefined {
  const text = readString(name)
  if (text === undefined || check(text) === undefined) return text
  sdkEvents.invalidSetting(name, withoutCredentials(text), allowed, 'it counts as not set')
  return undefined
}

function tlsOptions(signal: Signal, given: ClientTlsOptions | undefined): ClientTlsOptions | undefined {
  const ca = firstOf(otlpNames(signal, 'CERTIFICATE'), readFileName)
  const options: { -readonly [K in keyof ClientTlsOptions]: ClientTlsOptions[K] } = {}
  if (ca !== undefined) options.ca = { file: ca }
  // A certificate of one source with the key of another fits only by accident.
  if (given?.certificate === undefined && given?.key === undefined) {
    const certificate = firstOf(otlpNames(signal, 'CLIENT_CERTIFICATE'), readFileName)
    const key = firstOf(otlpNames(signal, 'CLIENT_KEY'), readFileName)
    if (certificate !== undefined) options.certificate = { file: certificate }
    if (key !== undefined) options.key = { file: key }
  }
  Object.assign(options, given)
  return Object.keys(options).length === 0 ? undefined : options
}

// The name counts all the same: without the file nothing is sent, rather than to an endpoint that nobody checked.
function readFileName(name: OtlpName<'CERTIFICATE' | 'CLIENT_CERTIFICATE' | 'CLIENT_KEY'>): string | undefined {
  const file = readString(name)
  if (file !== undefined && !existsSync(file)) {
    sdkEvents.invalidSetting(name, file, 'the name of a file that is there', 'exports with TLS fail until it is')
  }
  return file
}

function firstOf<N, V>(names: readonly N[], read: (name: N) => V | undefined): V | undefined {
  for (const name of names) {
    const value = read(name)
    if (value !== undefined) return value
  }
  return undefined
}

function numberOption(name: string, value: number | undefined, minimum: number): number | undefined {
  if (value === undefined) return undefined
  if (typeof value === 'number' && value >= minimum) return value
  sdkEvents.invalidSetting(name, String(value), `a number from ${minimum}`, 'it counts as not given')
  return undefined
}

/** An endpoint as it may stand in a log: without user, password, query and fragment. */
export function withoutCredentials(endpoint: string): string {
  return endpoint.replace(/[?#].*$/s, '').replace(/^([a-z][a-z0-9+.-]*:\/\/)?[^/]*@/i, '$1')
}

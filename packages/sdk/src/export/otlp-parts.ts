// SPDX-License-Identifier: Apache-2.0
import { otlpError, type Signal } from '@otel-ts/otlp'
import type { OtlpClient } from '@otel-ts/otlp/client'
import { watchedClient } from './endpoint-watch.ts'
import { deferredClient } from './otlp-deferred-client.ts'
import { withMetadata } from './otlp-headers.ts'
import type { OptionsOf, OtlpGrpcExporterOptions, OtlpHttpExporterOptions, OtlpProtocol } from './otlp-options.ts'
import { environmentInsecure, type OtlpSettings, resolveOtlpSettings, withoutCredentials } from './otlp-settings.ts'
import type { OtlpExporterParts } from './signal-exporter.ts'

/**
 * Exporter parts from a user's options and the environment. The client is loaded with the first export: a process does
 * not pay at start for the code of transports (some 4 of 20 ms on Node 20.20), and never for one that it does not use.
 */
export function exporterParts<P extends OtlpProtocol>(
  signal: Signal,
  options: OptionsOf<P> | undefined,
  protocol: P,
): OtlpExporterParts {
  const given: OtlpGrpcExporterOptions | OtlpHttpExporterOptions = options ?? {}
  const settings = resolveOtlpSettings(signal, given, protocol)
  const destination = withoutCredentials(settings.endpoint)
  const client =
    protocol === 'grpc'
      ? grpcClient(signal, given as OtlpGrpcExporterOptions, settings, destination)
      : httpClient(given as OtlpHttpExporterOptions, settings, protocol, destination)
  return {
    client: watchedClient(client, { signal, destination, protocol }),
    encoding: protocol === 'http/json' ? 'json' : 'protobuf',
    destination,
    concurrencyLimit: settings.concurrencyLimit,
    maxConcurrentExports: settings.maxConcurrentExports,
  }
}

function httpClient(
  options: OtlpHttpExporterOptions,
  settings: OtlpSettings,
  protocol: OtlpProtocol,
  destination: string,
): OtlpClient {
  const { keepAlive, http2 } = options
  const clientOptions = {
    ...common(options, settings),
    url: settings.endpoint,
    encoding: protocol === 'http/json' ? ('json' as const) : ('protobuf' as const),
    compression: settings.compression as NonNullable<OtlpHttpExporterOptions['compression']>,
    ...(keepAlive === false ? { maxIdleConnections: 0 } : {}),
    ...(http2 === undefined ? {} : { http2 }),
  }
  return deferredClient(destination, async () => {
    const { createExporterHttpClient } = await import('./otlp-http-client.ts')
    return createExporterHttpClient(clientOptions, options, settings.tls)
  })
}

function grpcClient(
  signal: Signal,
  options: OtlpGrpcExporterOptions,
  settings: OtlpSettings,
  destination: string,
): OtlpClient {
  const insecure =
    options.insecure ?? insecureCredentials(options.credentials) ?? environmentInsecure(signal, settings.endpoint)
  const { authority, keepAlive, balancer, waitForReady } = options
  const clientOptions = {
    ...common(options, settings),
    endpoint: settings.endpoint,
    insecure,
    headers: withMetadata(settings.headers, options.metadata),
    compression: settings.compression as NonNullable<OtlpGrpcExporterOptions['compression']>,
    ...(authority === undefined ? {} : { authority }),
    ...(keepAlive === undefined ? {} : { keepAlive }),
    ...(balancer === undefined ? {} : { balancer }),
    ...(waitForReady === undefined ? {} : { waitForReady }),
  }
  return deferredClient(destination, async () => {
    const { createOtlpGrpcClient } = await import('./otlp-grpc-client.ts')
    return createOtlpGrpcClient(clientOptions)
  })
}

function common(
  { userAgent, proxy }: OtlpHttpExporterOptions | OtlpGrpcExporterOptions,
  settings: OtlpSettings,
): Pick<OtlpSettings, 'headers' | 'timeoutMillis' | 'retry'> & object {
  const { headers, timeoutMillis, retry, tls, maxRequestBytes, maxResponseBytes } = settings
  return {
    headers,
    timeoutMillis,
    retry,
    ...(tls === undefined ? {} : { tls }),
    ...(proxy === undefined ? {} : { proxy }),
    ...(maxRequestBytes === undefined ? {} : { maxRequestBytes }),
    ...(maxResponseBytes === undefined ? {} : { maxResponseBytes }),
    ...(userAgent === undefined ? {} : { userAgentProduct: userAgent }),
  }
}

// Objects of grpc-js keep certificates and keys to themselves: going on without them would connect as somebody else.
function insecureCredentials(credentials: object | undefined): true | undefined {
  if (credentials === undefined) return undefined
  const { _isSecure: isSecure } = credentials as { _isSecure?: unknown }
  if (typeof isSecure === 'function' && isSecure.call(credentials) === false) return true
  throw otlpError(
    'OTLP_OPTION',
    'credentials: ChannelCredentials of grpc-js, whose certificates cannot be read; allowed are those of createInsecure(), or the option tls: { ca, certificate, key }; the exporter is not made',
  )
}

// SPDX-License-Identifier: Apache-2.0
import {
  boolean,
  checked,
  durationMillis,
  field,
  type Infer,
  object,
  oneOf,
  opaqueString,
  refused,
  required,
  section,
  string,
} from '@otel-ts/confmap'
import { checkOtlpGrpcEndpoint, type OtlpGrpcClientOptions } from '@otel-ts/otlp/client'
import { usableCompression } from './compression.ts'
import { checkMetadataName, headerPairs, httpHeaders, metadataValuePattern } from './http-headers.ts'
import { refusedAuth, refusedMiddlewares } from './refused-blocks.ts'
import { clientTlsField, clientTlsOptions } from './tls-config.ts'

const keepAliveSchema = object({
  time: field(durationMillis({ min: '0s' }), {
    default: 10_000,
    description: 'Time without a sign of the server after which it is pinged; less than 10s counts as 10s.',
  }),
  timeout: field(durationMillis({ min: '0s' }), {
    default: 10_000,
    description: 'Time for the answer to a ping; then the connection is given up.',
  }),
  permit_without_stream: field(boolean(), {
    default: false,
    description: 'Whether pings are sent while no request is under way.',
  }),
})

/** `configgrpc` of the Go Collector for clients: keys to spread into the schema of a component. */
export const grpcClientFields = {
  endpoint: required(
    checked(string({ nonEmpty: true }), (text) => checkOtlpGrpcEndpoint(text)?.message),
    'Where to: `host:port`, `dns:///host:port` or `unix:///path`. With `https://` before it TLS is used whatever `tls.insecure` says.',
  ),
  tls: clientTlsField,
  // Values are secrets.
  headers: field(httpHeaders(opaqueString({ pattern: metadataValuePattern }), checkMetadataName), {
    description:
      'Metadata of every request: a map, or a list of `name` and `value`. Values of names in `-bin` are sent as base64.',
  }),
  compression: field(oneOf(['gzip', 'snappy', 'zstd', 'none', '']), {
    default: 'gzip',
    description: 'Compression of requests. zstd needs Node 22.15, 24 or newer.',
  }),
  keepalive: section(keepAliveSchema, 'How a dead connection is noticed.'),
  balancer_name: field(oneOf(['round_robin', 'pick_first']), {
    default: 'round_robin',
    description: 'How requests are spread over the addresses of the endpoint.',
  }),
  wait_for_ready: field(boolean(), {
    default: false,
    description: 'Whether requests wait for a connection until their time is up instead of failing at once.',
  }),
  authority: field(string(), { description: 'Value of `:authority` instead of the endpoint.' }),
  user_agent: field(string({ pattern: metadataValuePattern }), {
    description: 'Value of `user-agent` instead of our own.',
  }),
  read_buffer_size: refused('Node chooses its buffers', [0]),
  write_buffer_size: refused('Node chooses its buffers', [0, 524288]),
  auth: refusedAuth,
  middlewares: refusedMiddlewares,
}

const schema = object(grpcClientFields)
export type GrpcClientConfig = Infer<typeof schema>

/** What the block says to `createOtlpGrpcClient`. */
export function grpcClientOptions(config: GrpcClientConfig): OtlpGrpcClientOptions {
  // As upstream: `http://` says nothing, `tls.insecure` decides; `https://` is TLS in any case.
  const [, scheme, rest] = /^(https?):\/\/(.*)$/.exec(config.endpoint) ?? [undefined, undefined, config.endpoint]
  const tls = clientTlsOptions(config.tls)
  const compression = usableCompression(config.compression)
  const isPlain = tls === undefined && scheme !== 'https'
  return {
    endpoint: rest!.replace(/\/+$/, ''),
    insecure: isPlain,
    ...(tls === undefined ? {} : { tls }),
    headers: Object.fromEntries(headerPairs(config.headers).map(([name, value]) => [name, value.reveal()])),
    compression: compression === '' ? 'none' : compression,
    keepAlive: {
      timeMillis: Math.max(config.keepalive.time, 10_000),
      timeoutMillis: config.keepalive.timeout,
      permitWithoutStream: config.keepalive.permit_without_stream,
    },
    balancer: config.balancer_name,
    waitForReady: config.wait_for_ready,
    ...(config.authority === undefined || config.authority === '' ? {} : { authority: config.authority }),
    ...(config.user_agent === undefined || config.user_agent === '' ? {} : { userAgent: config.user_agent }),
  }
}

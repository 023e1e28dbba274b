// SPDX-License-Identifier: Apache-2.0
import {
  boolean,
  byteSize,
  checked,
  durationMillis,
  field,
  type Infer,
  integer,
  invalid,
  list,
  object,
  optionalSection,
  refused,
  section,
  string,
} from '@otel-ts/confmap'
import { headerValuePattern, httpHeaders } from '../../config/http-headers.ts'
import { refusedAuth, refusedMiddlewares } from '../../config/refused-blocks.ts'

const urlPath = checked(string({ nonEmpty: true }), (path) =>
  path.startsWith('/') ? undefined : `expected a path that begins with /, got ${JSON.stringify(path)}`,
)

const corsSchema = object({
  allowed_origins: field(list(string()), {
    default: [],
    description: 'Origins whose pages may send, `*` standing for any run of characters; empty = CORS is off.',
  }),
  allowed_headers: field(list(string()), {
    default: [],
    description: 'Request headers allowed besides the usual ones; `*` = any.',
  }),
  exposed_headers: field(list(string()), { default: [], description: 'Response headers that pages may read.' }),
  max_age: field(integer({ min: 0 }), { description: 'Seconds for which browsers remember the answer.' }),
})

const httpSchema = object(
  {
    endpoint: field(string({ nonEmpty: true }), {
      default: 'localhost:4318',
      description: 'Address to listen on: `host:port`. `localhost` means 127.0.0.1 and ::1; port 0 takes a free one.',
    }),
    traces_url_path: field(urlPath, { default: '/v1/traces', description: 'Path of traces.' }),
    metrics_url_path: field(urlPath, { default: '/v1/metrics', description: 'Path of metrics.' }),
    logs_url_path: field(urlPath, { default: '/v1/logs', description: 'Path of logs.' }),
    cors: optionalSection(corsSchema, { description: 'Requests from web pages.', whenNull: 'absent' }),
    max_request_body_size: field(byteSize({ min: 0 }), {
      default: 20 * 1024 * 1024,
      description: 'Largest request body, before and after decompression; 0 = the default.',
    }),
    include_metadata: field(boolean(), {
      default: false,
      description: 'Whether processors and exporters see the request headers.',
    }),
    response_headers: field(httpHeaders(string({ pattern: headerValuePattern })), {
      description: 'Headers added to every answer.',
    }),
    read_timeout: field(durationMillis({ min: '0s' }), {
      default: 60_000,
      description: 'Time for a whole request; then 408. 0 = no limit.',
    }),
    read_header_timeout: field(durationMillis({ min: '0s' }), {
      default: 60_000,
      description: 'Time for the headers of a request; then 408. 0 = no limit.',
    }),
    idle_timeout: field(durationMillis({ min: '0s' }), {
      default: 60_000,
      description: 'Time after which an idle connection is closed. 0 = never.',
    }),
    keep_alives_enabled: field(boolean(), {
      default: true,
      description: 'Whether a connection serves more than one request.',
    }),
    transport: refused('only TCP is served', ['tcp']),
    tls: refused('the receiver does not serve TLS yet; put a proxy before it'),
    auth: refusedAuth,
    compression_algorithms: refused('requests may be plain, gzip or deflate, which cannot be narrowed'),
    write_timeout: refused('answers are a few bytes and have no time limit of their own', ['0s', 0, '30s']),
    middlewares: refusedMiddlewares,
    profiles_url_path: refused('profiles are not received yet', ['/v1development/profiles']),
  },
  (value, scope, locate) => {
    const taken = new Map<string, string>()
    for (const key of ['traces_url_path', 'metrics_url_path', 'logs_url_path'] as const) {
      const other = taken.get(value[key])
      if (other === undefined) {
        taken.set(value[key], key)
        continue
      }
      const message = `${JSON.stringify(value[key])} is the path of ${other} too; each signal needs its own`
      scope.at(key).problem('CONFIG_VALUE', locate(key), message)
    }
  },
)

const protocolsSchema = object({
  http: optionalSection(httpSchema, { description: 'OTLP over HTTP, protobuf and JSON.', whenNull: 'present' }),
  grpc: optionalSection(object({}), { description: 'OTLP over gRPC: refused, see below.', whenNull: 'present' }),
})

/** `protocols.grpc` is refused as a whole, null included: a bare `grpc:` asks for a listener. */
const grpcMessage =
  'OTLP over gRPC is not served yet; remove protocols::grpc and let senders use OTLP over HTTP (port 4318)'

const configObject = object({
  protocols: section(protocolsSchema, 'Which protocols are served; an empty `http:` means its defaults.'),
})

export const otlpReceiverConfig: typeof configObject = {
  ...configObject,
  read(node, scope) {
    const protocols = node.kind === 'map' ? node.entries.get('protocols')?.value : undefined
    const grpc = protocols?.kind === 'map' ? protocols.entries.get('grpc') : undefined
    const before = scope.problems.length
    if (grpc !== undefined) {
      scope.at('protocols').at('grpc').problem('CONFIG_NOT_SUPPORTED', grpc.keyLocation, grpcMessage)
    }
    const value = configObject.read(node, scope)
    if (grpc !== undefined) return invalid
    const empty = protocols?.kind !== 'map' || protocols.entries.size === 0
    if (scope.problems.length === before && empty) {
      const message = 'must specify at least one protocol when using the OTLP receiver; supported: http'
      return scope.problem('CONFIG_REQUIRED', node.location, message)
    }
    return value
  },
}

export type OtlpReceiverConfig = Infer<typeof configObject>
export type OtlpHttpConfig = NonNullable<OtlpReceiverConfig['protocols']['http']>

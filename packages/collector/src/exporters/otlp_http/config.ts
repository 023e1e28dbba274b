// SPDX-License-Identifier: Apache-2.0
import {
  boolean,
  checked,
  durationMillis,
  field,
  type Infer,
  integer,
  object,
  oneOf,
  opaqueString,
  refused,
  string,
} from '@otel-ts/confmap'
import { checkOtlpUrl } from '@otel-ts/otlp/client'
import { headerValuePattern, httpHeaders } from '../../config/http-headers.ts'
import { refusedAuth, refusedMiddlewares } from '../../config/refused-blocks.ts'
import { queueField, retryField, timeoutField } from '../../sending/config.ts'

const url = checked(string({ nonEmpty: true }), (text) => checkOtlpUrl(text)?.message)

export const otlpHttpConfig = object(
  {
    endpoint: field(url, { description: 'Base URL: `/v1/traces` and so on are appended.' }),
    traces_endpoint: field(url, { description: 'URL of traces, used as it is.' }),
    metrics_endpoint: field(url, { description: 'URL of metrics, used as it is.' }),
    logs_endpoint: field(url, { description: 'URL of logs, used as it is.' }),
    encoding: field(oneOf(['proto', 'json']), { default: 'proto', description: 'Encoding of request bodies.' }),
    compression: field(oneOf(['gzip', 'none', '']), {
      default: 'gzip',
      description: 'Compression of request bodies; gzip means level 1.',
    }),
    timeout: timeoutField(30_000),
    // Values are secrets.
    headers: field(httpHeaders(opaqueString({ pattern: headerValuePattern })), {
      description: 'Headers of every request: a map, or a list of `name` and `value`.',
    }),
    max_idle_conns: field(integer({ min: 0 }), {
      default: 100,
      description: 'Idle connections kept; 0 = the default.',
    }),
    idle_conn_timeout: field(durationMillis({ min: '0s' }), {
      default: 90_000,
      description: 'Time after which an idle connection is closed.',
    }),
    max_conns_per_host: field(integer({ min: 0 }), {
      default: 0,
      description: 'Connections at a time; 0 = no limit.',
    }),
    disable_keep_alives: field(boolean(), {
      default: false,
      description: 'Whether each request gets a connection of its own.',
    }),
    sending_queue: queueField,
    retry_on_failure: retryField,
    profiles_endpoint: refused('profiles are not sent yet'),
    tls: refused('certificates of the system are used, and none of ours is shown', [
      { insecure: false },
      { insecure: true },
    ]),
    proxy_url: refused('requests go directly'),
    read_buffer_size: refused('Node chooses its buffers', [0]),
    write_buffer_size: refused('Node chooses its buffers', [0, 524288]),
    compression_params: refused('gzip always means level 1', [{ level: 1 }]),
    max_idle_conns_per_host: refused('there is one host; use max_idle_conns', [0]),
    force_attempt_http2: refused('requests use HTTP/1.1', [true, false]),
    http2_read_idle_timeout: refused('requests use HTTP/1.1', ['0s', 0]),
    http2_ping_timeout: refused('requests use HTTP/1.1', ['0s', 0, '15s']),
    cookies: refused('cookies are not kept', [{ enabled: false }]),
    auth: refusedAuth,
    middlewares: refusedMiddlewares,
  },
  (value, scope, locate) => {
    const { endpoint, traces_endpoint, metrics_endpoint, logs_endpoint } = value
    if ((endpoint ?? traces_endpoint ?? metrics_endpoint ?? logs_endpoint) !== undefined) return
    scope.problem('CONFIG_REQUIRED', locate(), 'at least one endpoint must be specified')
  },
)

export type OtlpHttpExporterConfig = Infer<typeof otlpHttpConfig>

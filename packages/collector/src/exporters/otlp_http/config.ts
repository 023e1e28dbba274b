// SPDX-License-Identifier: Apache-2.0
import { checked, field, type Infer, object, oneOf, refused, string } from '@otel-ts/confmap'
import { checkOtlpUrl } from '@otel-ts/otlp/client'
import { checkHttpClient, httpClientFields } from '../../config/http-client-config.ts'
import { queueField, retryField } from '../../sending/config.ts'

const url = checked(string({ nonEmpty: true }), (text) => checkOtlpUrl(text)?.message)

export const otlpHttpConfig = object(
  {
    endpoint: field(url, { description: 'Base URL: `/v1/traces` and so on are appended.' }),
    traces_endpoint: field(url, { description: 'URL of traces, used as it is.' }),
    metrics_endpoint: field(url, { description: 'URL of metrics, used as it is.' }),
    logs_endpoint: field(url, { description: 'URL of logs, used as it is.' }),
    encoding: field(oneOf(['proto', 'json']), { default: 'proto', description: 'Encoding of request bodies.' }),
    ...httpClientFields(30_000),
    sending_queue: queueField,
    retry_on_failure: retryField,
    profiles_endpoint: refused('profiles are not sent yet'),
  },
  (value, scope, locate) => {
    checkHttpClient(value, scope, locate)
    const { endpoint, traces_endpoint, metrics_endpoint, logs_endpoint } = value
    if ((endpoint ?? traces_endpoint ?? metrics_endpoint ?? logs_endpoint) !== undefined) return
    scope.problem('CONFIG_REQUIRED', locate(), 'at least one endpoint must be specified')
  },
)

export type OtlpHttpExporterConfig = Infer<typeof otlpHttpConfig>

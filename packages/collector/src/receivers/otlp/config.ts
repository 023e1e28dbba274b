// SPDX-License-Identifier: Apache-2.0
import {
  checked,
  field,
  type Infer,
  invalid,
  type ObjectCheck,
  object,
  optionalSection,
  refused,
  section,
  string,
} from '@otel-ts/confmap'
import { checkGrpcServer, grpcServerFields } from '../../config/grpc-server-config.ts'
import { checkHttpServer, httpServerFields } from '../../config/http-server-config.ts'

const urlPath = checked(string({ nonEmpty: true }), (path) =>
  path.startsWith('/') ? undefined : `expected a path that begins with /, got ${JSON.stringify(path)}`,
)

const httpSchema = object(
  {
    ...httpServerFields('localhost:4318'),
    traces_url_path: field(urlPath, { default: '/v1/traces', description: 'Path of traces.' }),
    metrics_url_path: field(urlPath, { default: '/v1/metrics', description: 'Path of metrics.' }),
    logs_url_path: field(urlPath, { default: '/v1/logs', description: 'Path of logs.' }),
    profiles_url_path: refused('profiles are not received yet', ['/v1development/profiles']),
  },
  (value, scope, locate) => {
    checkHttpServer(value, scope, locate)
    checkPaths(value, scope, locate)
  },
)

const grpcSchema = object(grpcServerFields('localhost:4317'), checkGrpcServer)

type Paths = Readonly<Record<`${'traces' | 'metrics' | 'logs'}_url_path`, string>>

function checkPaths(...[value, scope, locate]: Parameters<ObjectCheck<Paths>>): void {
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
}

const protocolsSchema = object({
  grpc: optionalSection(grpcSchema, { description: 'OTLP over gRPC.', whenNull: 'present' }),
  http: optionalSection(httpSchema, { description: 'OTLP over HTTP, protobuf and JSON.', whenNull: 'present' }),
})

const configObject = object({
  protocols: section(protocolsSchema, 'Which protocols are served; an empty `grpc:` or `http:` means its defaults.'),
})

export const otlpReceiverConfig: typeof configObject = {
  ...configObject,
  read(node, scope) {
    const value = configObject.read(node, scope)
    if (value === invalid || value.protocols.grpc !== undefined || value.protocols.http !== undefined) return value
    const message = 'must specify at least one protocol when using the OTLP receiver; supported: grpc, http'
    return scope.problem('CONFIG_REQUIRED', node.location, message)
  },
}

export type OtlpReceiverConfig = Infer<typeof configObject>
export type OtlpHttpConfig = NonNullable<OtlpReceiverConfig['protocols']['http']>
export type OtlpGrpcConfig = NonNullable<OtlpReceiverConfig['protocols']['grpc']>

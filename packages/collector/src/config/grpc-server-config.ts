// SPDX-License-Identifier: Apache-2.0
import {
  boolean,
  durationMillis,
  field,
  type Infer,
  integer,
  type ObjectCheck,
  object,
  refused,
  section,
  string,
} from '@otel-ts/confmap'
import type { OtlpGrpcServerOptions } from '@otel-ts/otlp/server'
import { listenProblem, transportField } from './listen-address.ts'
import { refusedAuth, refusedMiddlewares } from './refused-blocks.ts'
import { serverTlsField, serverTlsOptions } from './tls-config.ts'

const serverParametersSchema = object({
  max_connection_idle: field(durationMillis({ min: '0s' }), {
    default: 0,
    description: 'Time after which an idle connection is asked to go; 0 = never.',
  }),
  max_connection_age: field(durationMillis({ min: '0s' }), {
    default: 0,
    description:
      'Age, more or less a tenth, at which a connection is asked to go, so that clients spread anew; 0 = never.',
  }),
  max_connection_age_grace: field(durationMillis({ min: '0s' }), {
    default: 0,
    description: 'Time for its last requests, then it is cut; 0 = no limit.',
  }),
  time: field(durationMillis({ min: '0s' }), {
    default: 60_000,
    description:
      'Time without a sign of the client after which it is pinged; 0 = the default. Shorter than the two hours of gRPC elsewhere: Node 20 does not see broken connections close.',
  }),
  timeout: field(durationMillis({ min: '0s' }), {
    default: 20_000,
    description: 'Time for the answer to a ping; then the connection is cut; 0 = the default.',
  }),
})

const enforcementPolicySchema = object({
  min_time: field(durationMillis({ min: '0s' }), {
    default: 300_000,
    description: 'Clients that ping more often than this are sent away; 0 = the default.',
  }),
  permit_without_stream: field(boolean(), {
    default: false,
    description: 'Whether clients may ping while no request is under way.',
  }),
})

const keepAliveSchema = object({
  server_parameters: section(serverParametersSchema, 'Life of connections.'),
  enforcement_policy: section(enforcementPolicySchema, 'What pings of clients are borne.'),
})

/** `configgrpc` of the Go Collector for servers: keys to spread into the schema of a component. */
export function grpcServerFields(defaultEndpoint: string) {
  return {
    endpoint: field(string({ nonEmpty: true }), {
      default: defaultEndpoint,
      description:
        'Address to listen on: `host:port`, or a path with `transport: unix`. `localhost` means 127.0.0.1 and ::1; port 0 takes a free one.',
    }),
    transport: transportField,
    tls: serverTlsField,
    // Beyond 4 GiB no length of gRPC's framing goes.
    max_recv_msg_size_mib: field(integer({ min: 0, max: 4095 }), {
      default: 0,
      description: 'Largest request in MiB, before and after decompression; 0 = 4.',
    }),
    max_concurrent_streams: field(integer({ min: 0, max: 4_294_967_295 }), {
      default: 0,
      description: 'Requests of one connection at once; clients let more wait. 0 = 1000.',
    }),
    keepalive: section(keepAliveSchema, 'Life of connections, and pings.'),
    include_metadata: field(boolean(), {
      default: false,
      description: 'Whether processors and exporters see the metadata of requests.',
    }),
    read_buffer_size: refused('Node chooses its buffers', [0, 524288]),
    write_buffer_size: refused('Node chooses its buffers', [0]),
    auth: refusedAuth,
    middlewares: refusedMiddlewares,
  }
}

const schema = object(grpcServerFields(''))
export type GrpcServerConfig = Infer<typeof schema>

/** Checks between the keys of the block. */
export const checkGrpcServer: ObjectCheck<Pick<GrpcServerConfig, 'endpoint' | 'transport'>> = (
  value,
  scope,
  locate,
) => {
  const wrong = listenProblem(value)
  if (wrong !== undefined) scope.at('endpoint').problem('CONFIG_VALUE', locate('endpoint'), wrong)
}

/** What the block says to `createOtlpGrpcServer`. */
export function grpcServerOptions(
  config: GrpcServerConfig,
): Omit<OtlpGrpcServerOptions, 'handler'> & { readonly maxReceiveMessageBytes: number } {
  const { server_parameters: life, enforcement_policy: policy } = config.keepalive
  return {
    endpoint: config.endpoint,
    transport: config.transport,
    ...(config.tls === undefined ? {} : { tls: serverTlsOptions(config.tls) }),
    maxReceiveMessageBytes: (config.max_recv_msg_size_mib || 4) * 1024 * 1024,
    ...(config.max_concurrent_streams === 0 ? {} : { maxConcurrentStreams: config.max_concurrent_streams }),
    keepAlive: {
      ...(life.max_connection_idle === 0 ? {} : { maxConnectionIdleMillis: life.max_connection_idle }),
      ...(life.max_connection_age === 0 ? {} : { maxConnectionAgeMillis: life.max_connection_age }),
      ...(life.max_connection_age_grace === 0 ? {} : { maxConnectionAgeGraceMillis: life.max_connection_age_grace }),
      timeMillis: life.time || 60_000,
      timeoutMillis: life.timeout || 20_000,
      minTimeMillis: policy.min_time || 300_000,
      permitWithoutStream: policy.permit_without_stream,
    },
    includeMetadata: config.include_metadata,
  }
}

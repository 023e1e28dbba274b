// SPDX-License-Identifier: Apache-2.0
// Node's usual gRPC library, with messages as bytes: no generated code stands between the test and the wire.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { Signal } from '@otel-ts/otlp'
import { installPeer } from '../../../tools/peers.mjs'

/** Metadata of a call. */
export interface Metadata {
  add(name: string, value: string | Buffer): void
  set(name: string, value: string | Buffer): void
  get(name: string): (string | Buffer)[]
}

/** How a call failed. */
export interface ServiceError extends Error {
  readonly code: number
  readonly details: string
  readonly metadata: Metadata
}

interface CallOptions {
  deadline?: number
}

export interface UnaryCall {
  cancel(): void
}

interface ReadableCall extends UnaryCall {
  on(event: 'data', listener: (bytes: Buffer) => void): void
  on(event: 'error', listener: (error: ServiceError) => void): void
}

type Codec = (bytes: Buffer) => Buffer

export interface Client {
  makeUnaryRequest(
    path: string,
    serialize: Codec,
    deserialize: Codec,
    request: Uint8Array,
    metadata: Metadata,
    options: CallOptions,
    done: (error: ServiceError | null, response?: Buffer) => void,
  ): UnaryCall
  makeServerStreamRequest(path: string, serialize: Codec, deserialize: Codec, request: Uint8Array): ReadableCall
  close(): void
}

/** A call as a server sees it. */
export interface ServerCall {
  readonly request: Buffer
  readonly metadata: Metadata
  getDeadline(): Date | number
}

export type Answer = (
  error: { code: number; details?: string; metadata?: Metadata } | null,
  response?: Buffer,
  trailer?: Metadata,
) => void

export interface Server {
  addService(service: object, handlers: Record<string, (call: ServerCall, answer: Answer) => void>): void
  bindAsync(address: string, credentials: object, done: (error: Error | null, port: number) => void): void
  tryShutdown(done: () => void): void
  forceShutdown(): void
}

export interface GrpcJs {
  readonly Client: new (address: string, credentials: object, options?: Readonly<Record<string, unknown>>) => Client
  readonly Server: new (options?: Readonly<Record<string, unknown>>) => Server
  readonly Metadata: new () => Metadata
  readonly credentials: {
    createInsecure(): object
    createSsl(ca: Buffer | null, key?: Buffer | null, certificate?: Buffer | null): object
  }
  readonly ServerCredentials: {
    createInsecure(): object
    createSsl(ca: Buffer | null, pairs: { private_key: Buffer; cert_chain: Buffer }[], checkClient?: boolean): object
  }
}

/** grpc-js from its lock file, or `undefined` after a line that says why it cannot be had. */
export function grpcJsOrSkip(): GrpcJs | undefined {
  try {
    return createRequire(join(installPeer('grpc-js'), 'package.json'))('@grpc/grpc-js') as GrpcJs
  } catch (error) {
    console.log(`skipped: grpc-js: ${(error as Error).message}`)
    return undefined
  }
}

/** Bytes stay bytes. */
export const asBytes: Codec = (bytes) => bytes

export const exportPath: Readonly<Record<Signal, string>> = {
  traces: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  metrics: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
  logs: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
}

/** A unary call, as a promise of its response; rejects with {@link ServiceError}. */
export function unary(
  client: Client,
  path: string,
  request: Uint8Array,
  metadata: Metadata,
  timeoutMillis = 20_000,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const deadline = Date.now() + timeoutMillis
    client.makeUnaryRequest(path, asBytes, asBytes, request, metadata, { deadline }, (error, response) => {
      if (error === null) resolve(response!)
      else reject(error)
    })
  })
}

/** Starts a server with the three `Export` methods on a free port of 127.0.0.1, or on `port`. */
export async function startServer(
  grpcJs: GrpcJs,
  handle: (signal: Signal, call: ServerCall, answer: Answer) => void,
  options: Readonly<Record<string, unknown>> = {},
  credentials: object = grpcJs.ServerCredentials.createInsecure(),
  port = 0,
): Promise<{ server: Server; address: string }> {
  const server = new grpcJs.Server(options)
  for (const signal of ['traces', 'metrics', 'logs'] as const) {
    const method = {
      path: exportPath[signal],
      requestStream: false,
      responseStream: false,
      requestSerialize: asBytes,
      requestDeserialize: asBytes,
      responseSerialize: asBytes,
      responseDeserialize: asBytes,
    }
    server.addService({ Export: method }, { Export: (call, answer) => handle(signal, call, answer) })
  }
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${port}`, credentials, (error, taken) => (error ? reject(error) : resolve(taken)))
  })
  return { server, address: `127.0.0.1:${bound}` }
}

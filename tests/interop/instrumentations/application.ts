// SPDX-License-Identifier: Apache-2.0
// Runs the application of peers/instrumentations in a process of its own and gives what it exported.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { batchFromBytes, formatJson } from '@otel-ts/otlp'
import { captureOtlp } from '@otel-ts/testkit'
import { installPeer } from '../../../tools/peers.mjs'

let peer: string | undefined
try {
  peer = installPeer('instrumentations')
} catch (error) {
  console.log(`skipped: instrumentations: ${(error as Error).message}`)
}

/** Folder of the installed instrumentations; undefined if they cannot be had. */
export const peerFolder: string | undefined = peer

/** How the application and its SDK are loaded. */
export const loadings = {
  'CommonJS, SDK by --require': ['--require', './setup.cjs', 'app.cjs'],
  'CommonJS, SDK after a tracer was taken': ['app.cjs'],
  'ES modules, SDK by --import': ['--import', './setup.mjs', 'app.mjs'],
} as const

export type Attributes = Record<string, unknown>

/** A span as OTLP brought it, reduced to what tests compare. */
export interface SeenSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string
  readonly name: string
  readonly kind: number
  readonly scope: string
  readonly attributes: Attributes
  readonly events: readonly { name: string; attributes: Attributes }[]
  readonly status: { code?: number; message?: string }
  readonly flags: number
  readonly isTimed: boolean
}

interface JsonSpan {
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  kind: number
  flags?: number
  startTimeUnixNano: string
  endTimeUnixNano: string
  attributes?: JsonPair[]
  events?: { name: string; attributes?: JsonPair[] }[]
  status?: { code?: number; message?: string }
}

interface JsonPair {
  key: string
  value: Record<string, unknown>
}

interface JsonRequest {
  resourceSpans: { scopeSpans: { scope: { name: string }; spans: JsonSpan[] }[] }[]
}

function jsonOf(body: Uint8Array): JsonRequest {
  return JSON.parse(Buffer.from(formatJson('traces', batchFromBytes('traces', body).records())).toString())
}

/**
 * The spans of requests with all that is above them, each as the text of its JSON, sorted. An empty status, which npm's
 * exporters write, is the same as none: trace.proto.
 */
export function wholeSpansOf(bodies: readonly Uint8Array[]): string[] {
  return bodies
    .flatMap((body) =>
      jsonOf(body).resourceSpans.flatMap(({ scopeSpans, ...resource }) =>
        scopeSpans.flatMap(({ spans, ...scope }) =>
          spans.map(({ status, ...span }) =>
            JSON.stringify({ span: { ...span, status: status?.code ? status : undefined }, scope, resource }),
          ),
        ),
      ),
    )
    .sort()
}

/** The spans of an ExportTraceServiceRequest. */
export function spansOf(body: Uint8Array): SeenSpan[] {
  return jsonOf(body).resourceSpans.flatMap(({ scopeSpans }) =>
    scopeSpans.flatMap(({ scope, spans }) =>
      spans.map((span) => ({
        traceId: span.traceId,
        spanId: span.spanId,
        parentSpanId: span.parentSpanId ?? '',
        name: span.name,
        kind: span.kind,
        scope: scope.name,
        attributes: attributesOf(span.attributes),
        events: (span.events ?? []).map((event) => ({ name: event.name, attributes: attributesOf(event.attributes) })),
        status: span.status ?? {},
        flags: span.flags ?? 0,
        isTimed: 0n < BigInt(span.startTimeUnixNano) && BigInt(span.startTimeUnixNano) <= BigInt(span.endTimeUnixNano),
      })),
    ),
  )
}

function attributesOf(pairs: readonly JsonPair[] = []): Attributes {
  return Object.fromEntries(pairs.map(({ key, value }) => [key, Object.values(value)[0]]))
}

const execute = promisify(execFile)

/** Runs the application with one of the set-ups of start.cjs. */
export async function runApplication(
  setup: 'node-sdk' | 'register' | 'npm',
  args: readonly string[],
): Promise<{ spans: SeenSpan[]; collectorPort: number; requestCount: number; stderr: string }> {
  const collector = await captureOtlp()
  try {
    const { stderr } = await execute(process.execPath, [...args], {
      cwd: peer as string,
      env: {
        PATH: process.env['PATH'],
        SETUP: setup,
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        ...(args.includes('--require') || args.includes('--import') ? {} : { LATE: './setup.cjs' }),
      },
      timeout: 30_000,
    })
    const spans = collector.requests.flatMap(({ body }) => spansOf(body))
    return { spans, collectorPort: collector.port, requestCount: collector.requests.length, stderr }
  } finally {
    await collector.close()
  }
}

/** One line per span, children indented under their parent; siblings by name, those with children first. */
export function treeOf(spans: readonly SeenSpan[], parentSpanId = '', indent = ''): string[] {
  const kinds = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer']
  const isParent = (span: SeenSpan) => spans.some((other) => other.parentSpanId === span.spanId)
  return spans
    .filter((span) => span.parentSpanId === parentSpanId)
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : Number(isParent(b)) - Number(isParent(a))))
    .flatMap((span) => [
      `${indent}${kinds[span.kind]} ${span.name}${span.status.code ? ` status ${span.status.code}` : ''}`,
      ...treeOf(spans, span.spanId, `${indent}  `),
    ])
}

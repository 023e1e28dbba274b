// SPDX-License-Identifier: Apache-2.0
// What clients send: requests of 100 spans, about 29 kB.
import { gzipSync } from 'node:zlib'
import { encodeTraces } from '@otel-ts/otlp'
import { makeRecords } from '../otlp/data.mjs'

export const spansPerRequest = 100

/** One ExportTraceServiceRequest; ids differ from request to request. */
export function traceBody() {
  const [resourceSpans] = makeRecords('typical')
  const [scopeSpans] = resourceSpans.scopeSpans
  scopeSpans.spans.length = spansPerRequest
  for (const span of scopeSpans.spans) {
    span.attributes = span.attributes.filter(({ key }) => !leftOut.has(key))
  }
  return encodeTraces([resourceSpans])
}

// With these a span would have 440 bytes; services send about 300.
const leftOut = new Set(['user_agent.original', 'url.scheme', 'sample.ratio'])

/** A whole HTTP/1.1 request as bytes. */
export function postRequest({ body, gzip = false }) {
  const content = gzip ? gzipSync(body, { level: 1 }) : Buffer.from(body)
  const head = [
    'POST /v1/traces HTTP/1.1',
    'Host: 127.0.0.1',
    'Content-Type: application/x-protobuf',
    ...(gzip ? ['Content-Encoding: gzip'] : []),
    `Content-Length: ${content.length}`,
    '\r\n',
  ]
  return Buffer.concat([Buffer.from(head.join('\r\n'), 'latin1'), content])
}

// SPDX-License-Identifier: Apache-2.0
// Bodies near the receiver's limit of 20 MiB: ordinary ones, and the smallest parts that ask for the most memory or time.
import { batchFromJson } from '@otel-ts/otlp'

const limit = 20 * 1024 * 1024 - 256

/** Each body by name, with the signal's path and its content type. */
export function largeBodies() {
  const traces = '/v1/traces'
  const inSpans = (spans) => `{"resourceSpans":[{"scopeSpans":[{"spans":[${spans}]}]}]}`
  const ordinary = inSpans(list((i) => ordinarySpan(i)))
  const points = list(() => '0', limit - 200)
  return {
    '20 MiB of JSON': json(traces, ordinary),
    '17 MiB of protobuf': protobuf(traces, encodedTwice(ordinary)),
    'empty resources in protobuf': protobuf(traces, filled('0a00')),
    'empty spans in protobuf': protobuf(traces, within([0x0a, 0x12], filled('1200'))),
    'tiny spans in protobuf, as many as are allowed': protobuf(
      traces,
      within([0x0a, 0x12], filled('12062a0461626364')),
    ),
    'empty attributes of one span': protobuf(traces, within([0x0a, 0x12, 0x12], filled('4a00'))),
    'one span with as many attributes as are allowed': protobuf(
      traces,
      within([0x0a, 0x12, 0x12], filled('4a070a016b12021801', 9 * 131_071)),
    ),
    'fields in parts among unknown ones': protobuf(
      traces,
      within([0x0a, 0x12, 0x12], Buffer.concat([Buffer.from('7a007a00', 'hex'), filled('f80100f00100')])),
    ),
    'empty resources in JSON': json(traces, `{"resourceSpans":[${list(() => '{}')}]}`),
    'empty spans in JSON, as many as are allowed': json(traces, inSpans(list(() => '{         }'))),
    'one histogram point with ten million buckets in JSON': json(
      '/v1/metrics',
      `{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"histogram":{"dataPoints":[{"bucketCounts":[${points}]}]}}]}]}]}`,
    ),
    'a resource of 10 MiB around a million spans': protobuf(
      traces,
      within(
        [0x0a],
        [
          within([0x0a, 0x0a, 0x12, 0x0a], Buffer.alloc(limit / 2, 97)),
          within([0x12], filled('12022a00', limit / 2 - 64)),
        ],
      ),
    ),
  }
}

function json(path, text) {
  return { path, headers: { 'content-type': 'application/json' }, body: Buffer.from(text) }
}

function protobuf(path, body) {
  return { path, headers: { 'content-type': 'application/x-protobuf' }, body }
}

/** As many texts as fit, with commas. */
function list(text, byteCount = limit - 100) {
  const all = []
  for (let size = 0, i = 0; ; i++) {
    const one = text(i)
    size += one.length + 1
    if (size > byteCount) return all.join(',')
    all.push(one)
  }
}

function filled(hex, byteCount = limit - 64) {
  const one = Buffer.from(hex, 'hex')
  return Buffer.alloc(byteCount - (byteCount % one.length), one)
}

/** A message with one field in another, the outermost tag first. */
function within(tags, content) {
  let body = Array.isArray(content) ? Buffer.concat(content) : content
  for (const tag of tags.toReversed()) {
    const head = [tag]
    let length = body.length
    for (; length > 127; length >>>= 7) head.push((length & 127) | 128)
    body = Buffer.concat([Buffer.from([...head, length]), body])
  }
  return body
}

// Two requests one behind the other are one request with both; of ordinary spans they come near the limit.
function encodedTwice(text) {
  const once = batchFromJson('traces', Buffer.from(text)).chunks()[0]
  const again = batchFromJson('traces', Buffer.from(text.replaceAll('"traceId":"0', '"traceId":"1'))).chunks()[0]
  return Buffer.concat([once, again])
}

function ordinarySpan(i) {
  const hex = (number, length) => number.toString(16).padStart(length, '0')
  const start = 1_763_640_000_000_000_000n + BigInt(i) * 1000n
  return JSON.stringify({
    traceId: hex(Math.floor(i / 10) + 1, 32),
    spanId: hex(i + 1, 16),
    parentSpanId: i % 10 === 0 ? '' : hex(i - (i % 10) + 1, 16),
    name: 'GET /products/{id}',
    kind: 2,
    startTimeUnixNano: `${start}`,
    endTimeUnixNano: `${start + 5_000_000n}`,
    attributes: [
      { key: 'http.request.method', value: { stringValue: 'GET' } },
      { key: 'url.path', value: { stringValue: `/products/${i}` } },
      { key: 'http.response.status_code', value: { intValue: '200' } },
      { key: 'server.address', value: { stringValue: 'shop.example' } },
      { key: 'thread.id', value: { intValue: `${i % 16}` } },
    ],
    status: {},
  })
}

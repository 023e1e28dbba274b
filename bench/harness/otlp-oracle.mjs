// SPDX-License-Identifier: Apache-2.0
// Reads OTLP requests, protobuf or JSON, into one plain form, with code that shares nothing with ours. Only what benches
// check: names, ids, attributes, values.

function* fields(bytes) {
  let at = 0
  const varint = () => {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++]
      if (byte === undefined) throw new Error('truncated')
      value |= BigInt(byte & 127) << shift
      if (byte < 128) return value
    }
  }
  while (at < bytes.length) {
    const tag = Number(varint())
    const wire = tag & 7
    if (wire === 0) yield [tag >> 3, varint()]
    else {
      const length = wire === 1 ? 8 : wire === 5 ? 4 : Number(varint())
      if (at + length > bytes.length) throw new Error('truncated')
      yield [tag >> 3, bytes.subarray(at, at + length)]
      at += length
    }
  }
}

const all = (bytes, number) => [...fields(bytes)].filter(([n]) => n === number).map(([, value]) => value)
const text = (bytes) => new TextDecoder('utf-8', { fatal: true }).decode(bytes)
const hex = (bytes) => Buffer.from(bytes).toString('hex')

function anyValue(bytes) {
  const [field] = [...fields(bytes)]
  if (field === undefined) return null
  const [number, value] = field
  if (number === 1) return text(value)
  if (number === 2) return value === 1n
  if (number === 3) return Number(BigInt.asIntN(64, value))
  if (number === 4) return Buffer.from(value).readDoubleLE()
  if (number === 5) return all(value, 1).map(anyValue)
  throw new Error(`value kind ${number} is not used in benches`)
}

const attributes = (list) => Object.fromEntries(list.map((pair) => [text(all(pair, 1)[0]), anyValue(all(pair, 2)[0])]))

/** Spans of a protobuf request: `[{traceId, spanId, parentSpanId, name, attributes}]`. */
export function readProtobuf(bytes) {
  const spans = []
  for (const resourceSpans of all(bytes, 1)) {
    for (const scopeSpans of all(resourceSpans, 2)) {
      for (const span of all(scopeSpans, 2)) {
        spans.push({
          traceId: hex(all(span, 1)[0]),
          spanId: hex(all(span, 2)[0]),
          parentSpanId: hex(all(span, 4)[0] ?? new Uint8Array(0)),
          name: text(all(span, 5)[0]),
          attributes: attributes(all(span, 9)),
        })
      }
    }
  }
  return spans
}

function jsonValue(value) {
  if (value.stringValue !== undefined) return value.stringValue
  if (value.boolValue !== undefined) return value.boolValue
  if (value.intValue !== undefined) return Number(value.intValue)
  if (value.doubleValue !== undefined) return value.doubleValue
  return value.arrayValue === undefined ? null : value.arrayValue.values.map(jsonValue)
}

/** Spans of a JSON request, in the same form. */
export function readJson(bytes) {
  const { resourceSpans } = JSON.parse(text(bytes))
  return resourceSpans.flatMap(({ scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        traceId: span.traceId,
        spanId: span.spanId,
        parentSpanId: span.parentSpanId ?? '',
        name: span.name,
        attributes: Object.fromEntries((span.attributes ?? []).map(({ key, value }) => [key, jsonValue(value)])),
      })),
    ),
  )
}

const attributesOfJson = (list = []) => Object.fromEntries(list.map(({ key, value }) => [key, jsonValue(value)]))
const uint64 = (bytes) => Number(Buffer.from(bytes).readBigUInt64LE())

// Metric.data: gauge 5 and sum 7 with NumberDataPoint, histogram 9.
function pointsOf(metric) {
  const name = text(all(metric, 1)[0])
  const numbers = [...all(metric, 5), ...all(metric, 7)].flatMap((data) => all(data, 1))
  const histograms = all(metric, 9).flatMap((data) => all(data, 1))
  return [
    ...numbers.map((point) => {
      const [int] = all(point, 6)
      const value =
        int === undefined ? Buffer.from(all(point, 4)[0]).readDoubleLE() : Number(Buffer.from(int).readBigInt64LE())
      return { name, attributes: attributes(all(point, 7)), value, time: uint64(all(point, 3)[0]) }
    }),
    ...histograms.map((point) => {
      const counts = Buffer.from(all(point, 6)[0])
      const value = Array.from({ length: counts.length / 8 }, (_, i) => Number(counts.readBigUInt64LE(i * 8)))
      return { name, attributes: attributes(all(point, 9)), value, time: uint64(all(point, 3)[0]) }
    }),
  ]
}

/** Data points of a protobuf request: `[{name, attributes, value, time}]`; the value of a histogram is its counts. */
export function readPointsProtobuf(bytes) {
  return all(bytes, 1).flatMap((resource) => all(resource, 2).flatMap((scope) => all(scope, 2).flatMap(pointsOf)))
}

/** Data points of a JSON request, in the same form. */
export function readPointsJson(bytes) {
  const metrics = JSON.parse(text(bytes)).resourceMetrics.flatMap(({ scopeMetrics }) =>
    scopeMetrics.flatMap((scope) => scope.metrics),
  )
  return metrics.flatMap(({ name, sum, gauge, histogram }) =>
    (sum ?? gauge ?? histogram).dataPoints.map((point) => ({
      name,
      attributes: attributesOfJson(point.attributes),
      value: point.bucketCounts?.map(Number) ?? Number(point.asInt ?? point.asDouble),
      time: Number(point.timeUnixNano),
    })),
  )
}

/** Log records of a protobuf request: `[{traceId, severity, body, attributes}]`. */
export function readLogsProtobuf(bytes) {
  return all(bytes, 1).flatMap((resource) =>
    all(resource, 2).flatMap((scope) =>
      all(scope, 2).map((record) => ({
        traceId: hex(all(record, 9)[0]),
        severity: text(all(record, 3)[0]),
        body: anyValue(all(record, 5)[0]),
        attributes: attributes(all(record, 6)),
      })),
    ),
  )
}

/** Log records of a JSON request, in the same form. */
export function readLogsJson(bytes) {
  const records = JSON.parse(text(bytes)).resourceLogs.flatMap(({ scopeLogs }) =>
    scopeLogs.flatMap((scope) => scope.logRecords),
  )
  return records.map(({ traceId, severityText, body, attributes: list }) => ({
    traceId,
    severity: severityText,
    body: jsonValue(body),
    attributes: attributesOfJson(list),
  }))
}

// SPDX-License-Identifier: Apache-2.0
// Reads ExportTraceServiceRequest, protobuf or JSON, into one plain form, with code that shares nothing with ours. Only
// what benches check: names, ids, attributes.

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

// SPDX-License-Identifier: Apache-2.0
import type { OtlpEncoding } from '../client/client.ts'

/** Content-Type of each encoding: OTLP specification, "OTLP/HTTP Request". */
export const mediaTypes: Readonly<Record<OtlpEncoding, string>> = {
  protobuf: 'application/x-protobuf',
  json: 'application/json',
}

/**
 * Encoding that a Content-Type names; undefined when it is not one of OTLP's. Parameters such as `charset` are
 * allowed and ignored: JSON is UTF-8 by definition, protobuf has no character set.
 */
export function encodingOfMediaType(contentType: string | undefined): OtlpEncoding | undefined {
  if (contentType === undefined) return undefined
  if (contentType === 'application/x-protobuf') return 'protobuf'
  if (contentType === 'application/json') return 'json'
  const end = contentType.indexOf(';')
  const essence = (end === -1 ? contentType : contentType.slice(0, end)).trim().toLowerCase()
  if (essence === 'application/x-protobuf') return 'protobuf'
  if (essence === 'application/json') return 'json'
  return undefined
}

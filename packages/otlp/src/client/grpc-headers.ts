// SPDX-License-Identifier: Apache-2.0
import { formatBase64 } from '../json/base64.ts'

/** Values of metadata; bytes only for names that end in `-bin`. */
export type GrpcHeaderValues = Readonly<Record<string, string | Uint8Array>>

// What frames the call or the connection, or is gRPC's own: a value of the user's would break the one or the other.
const ownedHeaders = new Set([
  'content-type',
  'te',
  'host',
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
  'content-length',
])

const textEncoder = new TextEncoder()

/**
 * Adds metadata to the headers of a call: grpc/doc/PROTOCOL-HTTP2.md, "Custom-Metadata". Names become lower case, values
 * of `-bin` names base64; reserved names are left out. Returns what is wrong with the first value that cannot be sent.
 */
export function addMetadata(headers: Record<string, string>, values: GrpcHeaderValues): string | undefined {
  for (const [given, value] of Object.entries(values)) {
    const name = given.toLowerCase()
    if (name.startsWith('grpc-') || name.startsWith(':') || ownedHeaders.has(name)) continue
    if (!/^[0-9a-z_.!#$%&'*+^`|~-]+$/.test(name)) return `header name ${JSON.stringify(given)}`
    if (name.endsWith('-bin')) {
      headers[name] = base64(typeof value === 'string' ? textEncoder.encode(value) : value)
      continue
    }
    const text = String(value).trim()
    // The value may be a secret: only its name is told.
    if (!/^[ -~\t]*$/.test(text)) return `value of header ${JSON.stringify(given)}`
    headers[name] = text
  }
  return undefined
}

function base64(bytes: Uint8Array): string {
  const text = formatBase64(bytes)
  const padding = text.indexOf('=')
  return padding === -1 ? text : text.slice(0, padding)
}

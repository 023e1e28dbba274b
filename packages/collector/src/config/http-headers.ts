// SPDX-License-Identifier: Apache-2.0
import { byShape, checked, list, mapOf, object, required, type Schema, string } from '@otel-ts/confmap'

// RFC 9110, "Field Names" and "Field Values". Node throws on others when the message is written, which is too late.
const nameForm = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const valueForm = /^[\t\u0020-\u007e\u0080-\u00ff]*$/

// These say how the body is framed and encoded, or how long the connection lives: the protocol sets them.
const ownedNames: ReadonlySet<string> = new Set([
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'expect',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
])

/** What is wrong with a header name; undefined when it can be set. */
function checkName(name: string): string | undefined {
  if (!nameForm.test(name)) {
    return `expected a header name (letters, digits and !#$%&'*+-.^_\`|~), got ${JSON.stringify(name)}`
  }
  if (ownedNames.has(name.toLowerCase())) return `header ${JSON.stringify(name)} is set by the protocol itself`
  return undefined
}

/** Pattern of header values, for the schema of a string. */
export const headerValuePattern: { readonly form: RegExp; readonly meaning: string } = {
  form: valueForm,
  meaning: 'a header value (no line breaks, no control characters, nothing beyond Latin-1)',
}

/** The same for values of gRPC metadata: grpc/doc/PROTOCOL-HTTP2.md, "ASCII-Value". */
export const metadataValuePattern: { readonly form: RegExp; readonly meaning: string } = {
  form: /^[\t -~]*$/,
  meaning: 'a value of metadata (printable ASCII)',
}

/** Headers as a map, or as a list of `{name, value}`. */
export type HttpHeaders<T> = ReadonlyMap<string, T> | readonly { readonly name: string; readonly value: T }[]

/** What is wrong with a name of gRPC metadata; undefined when it can be set. */
export function checkMetadataName(name: string): string | undefined {
  const lower = name.toLowerCase()
  if (lower.startsWith('grpc-') || lower === 'te' || lower === 'host') {
    return `header ${JSON.stringify(name)} is set by the protocol itself`
  }
  return checkName(name)
}

/** Schema of headers, as a map or as a list of `{name, value}`. */
export function httpHeaders<T>(value: Schema<T>, check: typeof checkName = checkName): Schema<HttpHeaders<T>> {
  return byShape({
    map: mapOf(value, { key: check }),
    list: list(
      object({
        name: required(checked(string({ nonEmpty: true }), check), 'Header name.'),
        value: required(value, 'Its value.'),
      }),
    ),
  }) as Schema<HttpHeaders<T>>
}

/** Names and values of headers in either form. */
export function headerPairs<T>(headers: HttpHeaders<T> | undefined): [name: string, value: T][] {
  if (headers === undefined) return []
  if (headers instanceof Map) return [...(headers as ReadonlyMap<string, T>)]
  return (headers as readonly { name: string; value: T }[]).map(({ name, value }) => [name, value])
}

// SPDX-License-Identifier: Apache-2.0
import { viewerError } from '../errors.ts'

/** Where to listen: `localhost` means both loopback families, so that the name works whichever a browser tries. */
export interface Endpoint {
  readonly host: string
  readonly port: number
  readonly bindHosts: readonly string[]
}

/** Reads `host:port`, `[::1]:port` or `:port` (which is localhost). */
export function parseEndpoint(text: string): Endpoint {
  const match = /^(\[[0-9a-fA-F:.]+\]|[^:[\]\s/]*):(\d{1,5})$/.exec(text)
  const port = match === null ? Number.NaN : Number(match[2])
  if (match === null || port > 65_535) {
    throw viewerError(
      'VIEWER_ENDPOINT',
      `viewer endpoint ${JSON.stringify(text)}: not host:port; expected such as localhost:4319 or 0.0.0.0:4319; not started`,
    )
  }
  const host = match[1] === '' ? 'localhost' : match[1]!.replace(/^\[|\]$/g, '')
  return { host, port, bindHosts: host === 'localhost' ? ['127.0.0.1', '::1'] : [host] }
}

/** Host part of a `Host` header, lower-case, without port and brackets; undefined when it is malformed. */
export function hostOf(header: string): string | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s/]+))(?::\d{1,5})?$/.exec(header)
  return (match?.[1] ?? match?.[2])?.toLowerCase()
}

// SPDX-License-Identifier: Apache-2.0

/** HTTP status with which the viewer answers an error, and what it means. One row per code. */
export const viewerErrors = {
  VIEWER_PATH: { http: 404, meaning: 'Nothing is served at this path' },
  VIEWER_TRACE_UNKNOWN: { http: 404, meaning: 'No span of this trace was ever received' },
  VIEWER_TRACE_EVICTED: { http: 404, meaning: 'The trace was held and let go to make room for newer telemetry' },
  VIEWER_SPAN_UNKNOWN: { http: 404, meaning: 'The trace is held, but no span of it has this id' },
  VIEWER_METHOD: { http: 405, meaning: 'The HTTP method is not GET or HEAD' },
  VIEWER_HOST: { http: 403, meaning: 'The Host header names neither this machine nor a configured name' },
  VIEWER_PARAMETER: { http: 400, meaning: 'A query parameter or part of the path cannot be read' },
  VIEWER_URL_TOO_LONG: { http: 414, meaning: 'The request target is longer than the limit' },
  VIEWER_BUSY: { http: 503, meaning: 'More live streams are open than the limit' },
  VIEWER_PAGE_MISSING: { http: 503, meaning: 'The web page is not built' },
  VIEWER_INTERNAL: { http: 500, meaning: 'The server failed on this request' },
  VIEWER_ENDPOINT: { http: 500, meaning: 'The endpoint to listen on is not host:port' },
  VIEWER_LISTEN: { http: 500, meaning: 'The address cannot be listened on' },
} as const

/** Code of a {@link ViewerError}. */
export type ViewerErrorCode = keyof typeof viewerErrors

const brand: unique symbol = Symbol.for('otel-ts.error') as never

/** An error of the viewer: its message says what failed, the value met, what is allowed, and what happens now. */
export interface ViewerError extends Error {
  readonly code: ViewerErrorCode
}

/** Makes an error of the viewer. */
export function viewerError(code: ViewerErrorCode, message: string, cause?: unknown): ViewerError {
  const error = cause === undefined ? new Error(message) : new Error(message, { cause })
  return Object.assign(error, { name: 'ViewerError', code, [brand]: true as const })
}

/** Whether `value` is an error of the viewer, of whichever copy of the package. */
export function isViewerError(value: unknown): value is ViewerError {
  if (typeof value !== 'object' || value === null || !(brand in value) || !('code' in value)) return false
  return typeof value.code === 'string' && Object.hasOwn(viewerErrors, value.code)
}

// SPDX-License-Identifier: Apache-2.0
import type { ServerResponse } from 'node:http'
import { isStoreError, storeErrors } from '@otel-ts/store'
import type { ErrorResponse } from '../api.ts'
import { isViewerError, viewerErrors } from '../errors.ts'

/** Sent with every answer, also refusals. */
export const securityHeaders: Readonly<Record<string, string>> = {
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  // Other sites cannot pull telemetry in as scripts or images either.
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  sendJsonText(response, status, JSON.stringify(body))
}

export function sendJsonText(response: ServerResponse, status: number, text: string): void {
  const bytes = Buffer.from(text)
  response.writeHead(status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': bytes.length,
    'Cache-Control': 'no-store',
  })
  response.end(bytes)
}

/** An error as its HTTP status and the body that the page reads. */
export function describeError(error: unknown): { status: number; body: ErrorResponse } {
  if (isViewerError(error)) {
    return { status: viewerErrors[error.code].http, body: { code: error.code, message: error.message } }
  }
  if (isStoreError(error)) {
    const body: ErrorResponse = { code: error.code, message: error.message }
    if (error.position !== undefined) body.position = error.position
    if (error.length !== undefined) body.length = error.length
    return { status: storeErrors[error.code].http, body }
  }
  // What went wrong inside stays inside; the observer hears of it.
  const message = 'request: the server failed on it; other requests are not affected; see the log of the process'
  return { status: 500, body: { code: 'VIEWER_INTERNAL', message } }
}

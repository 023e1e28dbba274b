// SPDX-License-Identifier: Apache-2.0
import type { RetryPolicy } from '../client/client.ts'

/** The retry policy of SDK exporters: five tries, 1 s, 1.5 s, 2.25 s and 3.4 s apart, 20 % jitter. */
export const defaultRetryPolicy: RetryPolicy = {
  initialDelayMillis: 1000,
  maxDelayMillis: 5000,
  multiplier: 1.5,
  jitter: 0.2,
  maxAttempts: 5,
}

/** Statuses after which the same request may be sent again: OTLP specification, "Retryable Response Codes". */
export function isRetryableHttpStatus(status: number): boolean {
  return status === 429 || status === 502 || status === 503 || status === 504
}

/** Wait before the next try when `attempt` tries (from 1) have failed; `random` is from 0 to 1. */
export function backoffMillis(policy: RetryPolicy, attempt: number, random: number): number {
  const plain = Math.min(policy.initialDelayMillis * policy.multiplier ** (attempt - 1), policy.maxDelayMillis)
  return plain * (1 - policy.jitter + 2 * policy.jitter * random)
}

/**
 * Wait that a `Retry-After` header asks for, in milliseconds; undefined when there is none or it says nothing
 * sensible. An HTTP-date is measured against the response's own `Date`, so that a wrong clock here does no harm.
 */
export function retryAfterMillis(
  retryAfter: string | undefined,
  date: string | undefined,
  nowUnixMillis: () => number,
): number | undefined {
  if (retryAfter === undefined) return undefined
  const text = retryAfter.trim()
  if (/^\d{1,10}$/.test(text)) return Number(text) * 1000
  // Only the three date forms of HTTP start with the name of a day; Date.parse alone would also take "-5" or "2.5".
  if (!/^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(text)) return undefined
  const at = Date.parse(text)
  if (Number.isNaN(at)) return undefined
  const sent = date === undefined ? Number.NaN : Date.parse(date)
  return Math.max(0, at - (Number.isNaN(sent) ? nowUnixMillis() : sent))
}

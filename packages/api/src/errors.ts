// SPDX-License-Identifier: Apache-2.0

/**
 * Codes in the diagnostic messages of the API, and what they mean. The API never throws: a message with one of these
 * codes goes to the diagnostic logger, and the call does what the message says.
 *
 * @example
 * ```ts
 * import { apiErrors } from '@otel-ts/api'
 * console.log(apiErrors.API_SLOT_TAKEN.meaning) // Another provider is registered already; the new one is not used
 * ```
 */
export const apiErrors: {
  readonly [code in ApiErrorCode]: { readonly meaning: string }
} = {
  API_SLOT_TAKEN: { meaning: 'Another provider is registered already; the new one is not used' },
  API_COPY_FAILED: { meaning: 'A copy of @opentelemetry/api threw while it was told of the registration' },
  API_DIAG_SELF: { meaning: 'The diagnostic API was given to itself as its logger; the logger is unchanged' },
  API_ATTACH_UNSUPPORTED: { meaning: 'The context manager cannot attach; the context is not active' },
  API_LATE_BINDING: {
    meaning: 'An instrument made before registration could not be made in the SDK; it records nothing',
  },
  API_BAGGAGE_METADATA: { meaning: 'Metadata of a baggage entry is not a string; the entry has empty metadata' },
}

/** Code of a diagnostic message of the API. */
export type ApiErrorCode =
  | 'API_SLOT_TAKEN'
  | 'API_COPY_FAILED'
  | 'API_DIAG_SELF'
  | 'API_ATTACH_UNSUPPORTED'
  | 'API_LATE_BINDING'
  | 'API_BAGGAGE_METADATA'

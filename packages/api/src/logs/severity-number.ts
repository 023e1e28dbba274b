// SPDX-License-Identifier: Apache-2.0

/**
 * Severity of a log record, from 1 (least) to 24 (most). Specification: logs/data-model.md#field-severitynumber.
 *
 * @example
 * ```ts
 * import { SeverityNumber } from '@otel-ts/api'
 * console.log(SeverityNumber.WARN, SeverityNumber[13]) // 13 WARN
 * ```
 */
export const SeverityNumber: {
  readonly UNSPECIFIED: 0
  readonly TRACE: 1
  readonly TRACE2: 2
  readonly TRACE3: 3
  readonly TRACE4: 4
  readonly DEBUG: 5
  readonly DEBUG2: 6
  readonly DEBUG3: 7
  readonly DEBUG4: 8
  readonly INFO: 9
  readonly INFO2: 10
  readonly INFO3: 11
  readonly INFO4: 12
  readonly WARN: 13
  readonly WARN2: 14
  readonly WARN3: 15
  readonly WARN4: 16
  readonly ERROR: 17
  readonly ERROR2: 18
  readonly ERROR3: 19
  readonly ERROR4: 20
  readonly FATAL: 21
  readonly FATAL2: 22
  readonly FATAL3: 23
  readonly FATAL4: 24
  readonly [value: number]: string
} = {
  UNSPECIFIED: 0,
  TRACE: 1,
  TRACE2: 2,
  TRACE3: 3,
  TRACE4: 4,
  DEBUG: 5,
  DEBUG2: 6,
  DEBUG3: 7,
  DEBUG4: 8,
  INFO: 9,
  INFO2: 10,
  INFO3: 11,
  INFO4: 12,
  WARN: 13,
  WARN2: 14,
  WARN3: 15,
  WARN4: 16,
  ERROR: 17,
  ERROR2: 18,
  ERROR3: 19,
  ERROR4: 20,
  FATAL: 21,
  FATAL2: 22,
  FATAL3: 23,
  FATAL4: 24,
  0: 'UNSPECIFIED',
  1: 'TRACE',
  2: 'TRACE2',
  3: 'TRACE3',
  4: 'TRACE4',
  5: 'DEBUG',
  6: 'DEBUG2',
  7: 'DEBUG3',
  8: 'DEBUG4',
  9: 'INFO',
  10: 'INFO2',
  11: 'INFO3',
  12: 'INFO4',
  13: 'WARN',
  14: 'WARN2',
  15: 'WARN3',
  16: 'WARN4',
  17: 'ERROR',
  18: 'ERROR2',
  19: 'ERROR3',
  20: 'ERROR4',
  21: 'FATAL',
  22: 'FATAL2',
  23: 'FATAL3',
  24: 'FATAL4',
}

/** A value of {@link SeverityNumber}. */
export type SeverityNumber =
  | 0
  | 1
  | 2
  | 3
  | 4
  | 5
  | 6
  | 7
  | 8
  | 9
  | 10
  | 11
  | 12
  | 13
  | 14
  | 15
  | 16
  | 17
  | 18
  | 19
  | 20
  | 21
  | 22
  | 23
  | 24

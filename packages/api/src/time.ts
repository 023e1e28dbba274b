// SPDX-License-Identifier: Apache-2.0

/**
 * A time as `[seconds, nanoseconds]` since the Unix epoch; nanoseconds are in `[0, 1e9)`.
 *
 * @example
 * ```ts
 * import type { HrTime } from '@otel-ts/api'
 * const time: HrTime = [1609504210, 150000000]
 * console.log(new Date(time[0] * 1000 + time[1] / 1e6).toISOString()) // 2021-01-01T12:30:10.150Z
 * ```
 */
export type HrTime = [number, number]

/**
 * A time as callers give it: {@link HrTime}, milliseconds since the Unix epoch, a `performance.now()` value, or a Date.
 *
 * @example
 * ```ts
 * import type { TimeInput } from '@otel-ts/api'
 * const times: TimeInput[] = [[1609504210, 150000000], 1609504210150, new Date(1609504210150)]
 * console.log(times.length) // 3
 * ```
 */
export type TimeInput = HrTime | number | Date

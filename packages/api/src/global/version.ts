// SPDX-License-Identifier: Apache-2.0

/**
 * What registration writes as the version of the OpenTelemetry global: the newest `@opentelemetry/api` whose contract
 * we fulfil, apart from the version of this package. npm's copies read from a global whose minor is at least theirs.
 *
 * @example
 * ```ts
 * import { stampVersion } from '@otel-ts/api/registration'
 * console.log(stampVersion) // 1.10.0
 * ```
 */
export const stampVersion: string = '1.10.0'

const pattern = /^(\d+)\.(\d+)\.(\d+)(-.+)?$/

/**
 * Whether `version` is lower than `other`. A prerelease is lower than its release, since npm's readers accept it only if
 * it is exactly theirs; what is no version is lower than any.
 */
export function isLowerVersion(version: string | undefined, other: string): boolean {
  const left = pattern.exec(version ?? '')
  const right = pattern.exec(other)
  if (left === null || right === null) return left === null && right !== null
  for (let i = 1; i <= 3; i++) {
    const difference = Number(left[i]) - Number(right[i])
    if (difference !== 0) return difference < 0
  }
  return left[4] !== undefined && right[4] === undefined
}

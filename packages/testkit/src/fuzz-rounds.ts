// SPDX-License-Identifier: Apache-2.0

/** Seconds an endpoint is fuzzed in `npm test`; `npm run test:fuzz` sets more. */
const usualSeconds = 5

/**
 * Rounds that a fuzz test should make: `usual`, which it chose to take about five seconds or less, scaled by
 * `OTEL_TS_FUZZ_SECONDS`. A count instead of a clock keeps a seed's run the same everywhere.
 */
export function fuzzRounds(usual: number): number {
  const seconds = Number(process.env['OTEL_TS_FUZZ_SECONDS'] ?? usualSeconds)
  return Math.max(1, Math.round((usual * seconds) / usualSeconds))
}

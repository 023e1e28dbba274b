// SPDX-License-Identifier: Apache-2.0

/** What the command line can refuse. All end with exit code 2, usage. */
export const cliErrors = {
  CLI_USAGE: { meaning: 'An argument of the command line is unknown, missing or has a value that is not allowed' },
} as const

/** An error to show to whoever typed the command: message only, no stack. */
export interface UsageError extends Error {
  readonly code: keyof typeof cliErrors
}

/** Makes a {@link UsageError}. */
export function usageError(message: string): UsageError {
  return Object.assign(new Error(message), { code: 'CLI_USAGE' as const })
}

/** Whether `value` is a {@link UsageError}, or what `parseArgs` throws, which means the same. */
export function isUsageError(value: unknown): value is Error {
  if (!(value instanceof Error) || !('code' in value)) return false
  return value.code === 'CLI_USAGE' || String(value.code).startsWith('ERR_PARSE_ARGS')
}

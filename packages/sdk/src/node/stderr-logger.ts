// SPDX-License-Identifier: Apache-2.0
import type { DiagLogger } from '@otel-ts/api'
import { readEnum } from '../env/read.ts'

const levels = { none: 0, error: 30, warn: 50, info: 60, debug: 70, verbose: 80, all: 9999 } as const

/**
 * The logger that registration puts in when nobody has set one: one line each on stderr, so that lost data is never
 * silent. Level: `OTEL_LOG_LEVEL`, else info: sdk-environment-variables.md#general-sdk-configuration.
 */
export function stderrLogger(): DiagLogger {
  const level = levels[(readEnum('OTEL_LOG_LEVEL') ?? 'info') as keyof typeof levels]
  const line =
    (least: number, name: string) =>
    (message: string, ...details: unknown[]): void => {
      if (level < least) return
      // console.error, not process.stderr: it never throws when the stream is closed.
      if (details.length === 0) console.error(`otel-ts ${name}: ${message}`)
      else console.error(`otel-ts ${name}: ${message}`, ...details)
    }
  return {
    error: line(30, 'error'),
    warn: line(50, 'warn'),
    info: line(60, 'info'),
    debug: line(70, 'debug'),
    verbose: line(80, 'verbose'),
  }
}

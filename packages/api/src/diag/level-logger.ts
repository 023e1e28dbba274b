// SPDX-License-Identifier: Apache-2.0
import { type DiagLogFunction, type DiagLogger, DiagLogLevel } from './diag-logger.ts'

const drop: DiagLogFunction = () => {}

/** A logger that passes on to `logger` what is at least as important as `maxLevel`. Methods it lacks are dropped. */
export function levelLogger(maxLevel: number, logger: Partial<DiagLogger> | undefined): DiagLogger {
  const pick = (name: keyof DiagLogger, level: number): DiagLogFunction => {
    const method = logger?.[name]
    return typeof method === 'function' && maxLevel >= level ? method.bind(logger) : drop
  }
  return {
    error: pick('error', DiagLogLevel.ERROR),
    warn: pick('warn', DiagLogLevel.WARN),
    info: pick('info', DiagLogLevel.INFO),
    debug: pick('debug', DiagLogLevel.DEBUG),
    verbose: pick('verbose', DiagLogLevel.VERBOSE),
  }
}

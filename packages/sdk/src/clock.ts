// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '@otel-ts/otlp'

/**
 * The clock of this process: that of `@otel-ts/otlp`, whose entry also loads every decoder. An SDK must not, so these
 * lines stand here once more.
 */
export const systemClock: Clock = {
  nowMillis: () => performance.now(),
  after(delayMillis, run) {
    const timer = setTimeout(run, delayMillis)
    timer.unref?.()
    return { cancel: () => clearTimeout(timer) }
  },
}

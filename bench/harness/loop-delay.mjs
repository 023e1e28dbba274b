// SPDX-License-Identifier: Apache-2.0
// Preloaded into a program under test: on exit writes how long its event loop stood still, in milliseconds.
import { writeFileSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'

const resolutionMillis = 5
const histogram = monitorEventLoopDelay({ resolution: resolutionMillis })
// Loading the program is not what is measured.
setTimeout(() => histogram.enable(), 2000).unref()

process.on('exit', () => {
  histogram.disable()
  // The histogram holds the whole interval between two looks; the delay is what is beyond the resolution.
  const delay = (nanoseconds) => Math.max(0, nanoseconds / 1e6 - resolutionMillis)
  writeFileSync(
    process.env.OTEL_TS_LOOP_DELAY_FILE,
    JSON.stringify({ p99: delay(histogram.percentile(99)), max: delay(histogram.max) }),
  )
})

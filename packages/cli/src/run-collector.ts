// SPDX-License-Identifier: Apache-2.0
import { type CollectorConfig, createCollector, type LogSink } from '@otel-ts/collector'

/** How long draining may take before what is left is counted as lost. */
const drainMillis = 15_000

/** A Collector that has started. */
export interface RunningCollector {
  /** Resolves when `abort` aborts; rejects when a component cannot go on. Either way the Collector has been drained. */
  until(abort: AbortSignal): Promise<void>
  /** Drains and ends it. */
  shutdown(): Promise<void>
}

/** Starts a Collector; rejects when a part of it cannot start. */
export async function startCollector(config: CollectorConfig, log?: LogSink): Promise<RunningCollector> {
  let fail: (error: Error) => void = () => undefined
  const failed = new Promise<never>((_resolve, reject) => {
    fail = reject
  })
  // Whoever waits sees it; until then it must not count as unhandled.
  failed.catch(() => undefined)
  const collector = createCollector({ config, ...(log === undefined ? {} : { telemetry: { log } }), onFailure: fail })
  await collector.start()
  const shutdown = () => collector.shutdown(drainMillis)
  return {
    shutdown,
    async until(abort) {
      const aborted = new Promise<void>((resolve) => {
        if (abort.aborted) resolve()
        else abort.addEventListener('abort', () => resolve(), { once: true })
      })
      try {
        await Promise.race([aborted, failed])
      } finally {
        await shutdown()
      }
    },
  }
}

// SPDX-License-Identifier: Apache-2.0
import { type CollectorConfig, createCollector, type LogSink } from '@otel-ts/collector'

/** How long draining may take before what is left is counted as lost. */
const drainMillis = 15_000

/** Runs a Collector until `abort` or until a component cannot go on; drains it; returns the exit code. */
export async function runCollector(
  config: CollectorConfig,
  abort: AbortSignal,
  options: { log?: LogSink; started?: () => void } = {},
): Promise<number> {
  let failure: Error | undefined
  let end: () => void = () => undefined
  const ended = new Promise<void>((resolve) => {
    end = resolve
  })
  const collector = createCollector({
    config,
    ...(options.log === undefined ? {} : { telemetry: { log: options.log } }),
    onFailure: (error) => {
      failure = error
      end()
    },
  })
  await collector.start()
  options.started?.()
  if (abort.aborted) end()
  abort.addEventListener('abort', end, { once: true })
  await ended
  await collector.shutdown(drainMillis)
  if (failure !== undefined) throw failure
  return 0
}

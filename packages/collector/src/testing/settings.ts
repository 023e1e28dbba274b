// SPDX-License-Identifier: Apache-2.0
import { type Clock, systemClock } from '@otel-ts/otlp'
import type { ComponentKind, ComponentSettings, Lifecycle } from '../component.ts'
import { MemoryAccount } from '../pipeline/memory-account.ts'
import { Counters } from '../self-telemetry/counters.ts'
import { componentEvents } from '../self-telemetry/events.ts'
import { createLogger, LineThrottle, type LogLine } from '../self-telemetry/log.ts'
import { version } from '../version.ts'

/** Settings for a component under test, and what it did with them. */
export interface TestSettings extends ComponentSettings {
  /** Lines logged so far. */
  readonly lines: readonly LogLine[]
  /** Errors given to `fail`. */
  readonly failures: readonly Error[]
  /** Sum of a counter or gauge over its attributes, without the prefix `otelcol_`; 0 when it was never used. */
  count(name: string): number
}

/**
 * Makes the settings that a collector would give to a component, for testing one alone.
 *
 * @example
 * ```ts
 * import { testSettings } from '@otel-ts/collector/testing'
 * const settings = testSettings({ kind: 'exporter', id: 'mine' })
 * settings.events.sent({ signal: 'traces', itemCount: 3 })
 * console.log(settings.count('exporter_sent_spans')) // 3
 * ```
 */
export function testSettings(options: {
  readonly kind: ComponentKind
  readonly id: string
  readonly clock?: Clock
  /** Default: 0.5 always, so that jitter is none. */
  readonly random?: () => number
  /** Default: runs the work as it is. */
  readonly untraced?: <T>(work: () => T) => T
  readonly extensions?: ReadonlyMap<string, Lifecycle>
}): TestSettings {
  const { kind, id, clock = systemClock } = options
  const lines: LogLine[] = []
  const failures: Error[] = []
  const log = createLogger((line) => lines.push(line), { kind, id })
  const counters = new Counters(undefined, version)
  return {
    id,
    kind,
    pipeline: undefined,
    buildVersion: version,
    log,
    events: componentEvents({ kind, id, log, counters, throttle: new LineThrottle(clock) }),
    counters,
    memory: new MemoryAccount(),
    clock,
    random: options.random ?? (() => 0.5),
    tracerProvider: undefined,
    meterProvider: undefined,
    untraced: options.untraced ?? ((work) => work()),
    extension: (extensionId) => options.extensions?.get(extensionId),
    fail: (error) => void failures.push(error),
    lines,
    failures,
    count: (name) =>
      counters
        .read()
        .filter((counter) => counter.name === `otelcol_${name}`)
        .reduce((sum, { value }) => sum + value, 0),
  }
}

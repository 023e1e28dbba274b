// SPDX-License-Identifier: Apache-2.0
import type { MeterProvider, TracerProvider } from '@otel-ts/api'
import { type Clock, systemClock } from '@otel-ts/otlp'
import type { ComponentSettings } from './component.ts'
import type { CollectorConfig } from './config/config.ts'
import { type CollectorError, collectorError, messageOf } from './errors.ts'
import { Graph } from './pipeline/graph.ts'
import { MemoryAccount } from './pipeline/memory-account.ts'
import { Counters, type CounterValue } from './self-telemetry/counters.ts'
import { componentEvents } from './self-telemetry/events.ts'
import {
  type ComponentLogger,
  consoleLogSink,
  createLogger,
  LineThrottle,
  type LogFields,
  type LogSink,
  wantsColor,
} from './self-telemetry/log.ts'
import { version } from './version.ts'

/** Options of {@link createCollector}. */
export interface CollectorOptions {
  /** From {@link loadConfig}. */
  readonly config: CollectorConfig
  /** Where the Collector's own telemetry goes. It never reads globals. */
  readonly telemetry?: {
    readonly tracerProvider?: TracerProvider
    readonly meterProvider?: MeterProvider
    /**
     * Runs the Collector's own work with tracing suppressed. Needed where the process traces HTTP by instrumentation:
     * otherwise the requests that carry spans become spans themselves, without end. With the API it is
     * `(work) => context.with(suppressTracing(context.active()), work)`. Default: runs it as it is.
     */
    readonly untraced?: <T>(work: () => T) => T
    /** Takes log lines instead of the console that `service::telemetry::logs` describes. */
    readonly log?: LogSink
  }
  /** Called once when a running component reports that it cannot go on. Whoever runs the collector then shuts it down. */
  readonly onFailure?: (error: CollectorError) => void
  readonly clock?: Clock
  /** From 0 to 1, for jitter. Default `Math.random`. */
  readonly random?: () => number
}

/** A Collector made from a configuration. */
export interface Collector {
  /** Starts extensions, then exporters up to receivers. Rejects when one cannot start; nothing runs then. */
  start(): Promise<void>
  /**
   * Stops receivers, drains what is held, then stops the rest. Resolves at the latest shortly after `deadlineMillis`
   * (default 30,000); what could not be sent by then is counted as lost. May be called more than once.
   */
  shutdown(deadlineMillis?: number): Promise<void>
  /** What was counted so far, by upstream's metric names. */
  counters(): CounterValue[]
}

/**
 * Builds the graph of a configuration. Nothing listens or sends before `start()`.
 *
 * @example
 * ```ts
 * import { createCollector, loadConfig } from '@otel-ts/collector'
 * const { config } = await loadConfig({
 *   sources: ['yaml:{receivers: {nop: }, exporters: {nop: }, service: {pipelines: {traces: {receivers: [nop], exporters: [nop]}}}}'],
 *   environment: {},
 * })
 * const lines: string[] = []
 * const collector = createCollector({ config: config!, telemetry: { log: ({ message }) => lines.push(message) } })
 * await collector.start()
 * await collector.shutdown()
 * console.log(lines.join(' | ')) // Everything is ready. Begin running and processing data. | Starting shutdown... | Shutdown complete.
 * ```
 */
export function createCollector(options: CollectorOptions): Collector {
  return new RunningCollector(options)
}

class RunningCollector implements Collector {
  readonly #graph: Graph
  readonly #counters: Counters
  readonly #clock: Clock
  readonly #log: ComponentLogger
  readonly #throttle: LineThrottle
  readonly #untraced: <T>(work: () => T) => T
  #state: 'new' | 'starting' | 'running' | 'stopped' = 'new'
  #starting: Promise<void> | undefined
  #shutdown: Promise<void> | undefined
  #failed = false

  constructor(options: CollectorOptions) {
    const { config, telemetry = {} } = options
    const clock = options.clock ?? systemClock
    const sink = telemetry.log ?? sinkOf(config)
    const throttle = new LineThrottle(clock)
    const memory = new MemoryAccount()
    this.#throttle = throttle
    this.#clock = clock
    this.#untraced = telemetry.untraced ?? ((work) => work())
    this.#log = createLogger(sink)
    this.#counters = new Counters(telemetry.meterProvider, version)
    const settings = (kind: ComponentSettings['kind'], id: string, pipeline: string | undefined): ComponentSettings => {
      const log = createLogger(sink, { kind, id: pipeline === undefined ? id : `${id} in ${pipeline}` })
      return {
        id,
        kind,
        pipeline,
        buildVersion: version,
        log,
        events: componentEvents({ kind, id, log, counters: this.#counters, throttle }),
        counters: this.#counters,
        memory,
        clock,
        random: options.random ?? Math.random,
        tracerProvider: telemetry.tracerProvider,
        meterProvider: telemetry.meterProvider,
        untraced: this.#untraced,
        extension: (extensionId) => this.#graph.extension(extensionId),
        fail: (error) => this.#fail(kind, id, error, options.onFailure),
      }
    }
    this.#graph = new Graph(config, settings, {
      shutdownFailed: ({ kind, id }, error) => {
        this.#counters.add('component_shutdown_failures', 1, { kind, id })
        this.#log.error(`${kind} ${id} did not shut down cleanly`, { error: error.message })
      },
    })
  }

  start(): Promise<void> {
    if (this.#state !== 'new') {
      return Promise.reject(
        collectorError(
          'COLLECTOR_START',
          `collector is ${this.#state}; it starts once; make another one to start again`,
        ),
      )
    }
    this.#state = 'starting'
    // What listens and what waits for a timer keeps the context in which it began.
    this.#starting = this.#untraced(() => this.#graph.start(AbortSignal.timeout(30_000))).then(
      () => {
        this.#state = 'running'
        this.#log.info('Everything is ready. Begin running and processing data.')
      },
      (error) => {
        this.#state = 'stopped'
        throw error
      },
    )
    return this.#starting
  }

  shutdown(deadlineMillis = 30_000): Promise<void> {
    this.#shutdown ??= this.#stop(deadlineMillis)
    return this.#shutdown
  }

  async #stop(deadlineMillis: number): Promise<void> {
    await this.#starting?.catch(() => {})
    if (this.#state !== 'running') {
      this.#state = 'stopped'
      return
    }
    this.#state = 'stopped'
    const deadline = new AbortController()
    const timer = this.#clock.after(deadlineMillis, () => deadline.abort())
    // The clock's timers do not keep the process alive, and a component that hangs may hold nothing that does.
    const alive = setInterval(() => {}, 1000)
    this.#log.info('Starting shutdown...', { deadline: `${deadlineMillis}ms` })
    try {
      await this.#untraced(() => this.#graph.shutdown(deadline.signal))
    } finally {
      timer.cancel()
      clearInterval(alive)
    }
    for (const { key, repeats } of this.#throttle.take()) {
      this.#log.warn(`${repeats} more ${repeats === 1 ? 'line was' : 'lines were'} left out like: ${key}`)
    }
    this.#log.info('Shutdown complete.')
  }

  counters(): CounterValue[] {
    return this.#counters.read()
  }

  #fail(kind: string, id: string, error: Error, onFailure: CollectorOptions['onFailure']): void {
    this.#log.error(`${kind} ${id} failed and cannot go on`, { error: messageOf(error) })
    if (this.#failed || this.#state === 'stopped') return
    this.#failed = true
    onFailure?.(
      collectorError('COLLECTOR_COMPONENT', `${kind} ${JSON.stringify(id)} failed: ${messageOf(error)}`, error),
    )
  }
}

function sinkOf({ service }: CollectorConfig): LogSink {
  const { level, encoding, output_paths, initial_fields } = service.telemetry.logs
  const initialFields: Record<string, LogFields[string]> = {}
  for (const [name, value] of initial_fields) {
    initialFields[name] = typeof value === 'object' ? JSON.stringify(value) : value
  }
  const streams = output_paths.map((path) => (path === 'stdout' ? process.stdout : process.stderr))
  return consoleLogSink({
    level,
    encoding,
    initialFields,
    color: streams.length > 0 && streams.every((stream) => wantsColor(stream)),
    write: (text) => {
      for (const stream of streams) stream.write(text)
    },
  })
}

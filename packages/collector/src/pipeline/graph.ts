// SPDX-License-Identifier: Apache-2.0
import { type Consume, type Consumer, type Signal, signals } from '@otel-ts/otlp'
import type { ComponentSettings, Lifecycle } from '../component.ts'
import type { CollectorConfig, ConfiguredComponent } from '../config/config.ts'
import { collectorError, messageOf } from '../errors.ts'
import { fanOut } from './fan-out.ts'
import type { PipelinePlan } from './plan.ts'

/** A running instance with its names. */
interface Instance {
  readonly kind: ComponentSettings['kind']
  readonly id: string
  readonly pipeline: string | undefined
  readonly lifecycle: Lifecycle
}

/** Makes the settings of one instance. */
export type SettingsFactory = (
  kind: ComponentSettings['kind'],
  id: string,
  pipeline: string | undefined,
) => ComponentSettings

/** Tells how instances come and go. */
export interface GraphObserver {
  started?(instance: { kind: string; id: string }): void
  shutdownFailed(instance: { kind: string; id: string }, error: Error): void
}

/**
 * The instances of a configuration and the consumers between them. Made from the exporters upwards, so that each instance
 * gets its finished `next`; started in that order, shut down in the opposite, so that data always has somewhere to go.
 */
export class Graph {
  readonly #instances: Instance[] = []
  readonly #started: Instance[] = []
  readonly #observer: GraphObserver
  readonly #extensions = new Map<string, Lifecycle>()

  constructor(config: CollectorConfig, settings: SettingsFactory, observer: GraphObserver) {
    this.#observer = observer
    const { components, service, pipelines } = config
    for (const { value } of service.extensions) {
      const { component, config: own } = components.extension.get(value.text)!
      if (component.kind !== 'extension' || this.#extensions.has(value.text)) continue
      const lifecycle = created('extension', value.text, () =>
        component.create(own, settings('extension', value.text, undefined)),
      )
      this.#extensions.set(value.text, lifecycle)
      this.#add('extension', value.text, lifecycle)
    }
    new Builder(pipelines, settings, (kind, id, lifecycle, pipeline) =>
      this.#add(kind, id, lifecycle, pipeline),
    ).build()
  }

  /** Instance of an extension, for those who use it. */
  extension(id: string): Lifecycle | undefined {
    return this.#extensions.get(id)
  }

  /** Starts everything in order. When one fails, those already started are shut down again, and the failure is thrown. */
  async start(deadline: AbortSignal): Promise<void> {
    for (const instance of this.#instances) {
      try {
        await instance.lifecycle.start?.()
      } catch (error) {
        await this.shutdown(deadline)
        const message = `failed to start ${JSON.stringify(instance.id)} ${instance.kind}: ${messageOf(error)}`
        throw collectorError('COLLECTOR_START', message, error)
      }
      this.#started.push(instance)
      this.#observer.started?.(instance)
    }
  }

  /** Shuts down in the opposite order. A component that throws or hangs is reported, and the others go on. */
  async shutdown(deadline: AbortSignal): Promise<void> {
    while (this.#started.length > 0) {
      const instance = this.#started.pop()!
      try {
        await untilAborted(instance.lifecycle.shutdown?.(deadline) ?? Promise.resolve(), deadline)
      } catch (error) {
        this.#observer.shutdownFailed(instance, error instanceof Error ? error : new Error(messageOf(error)))
      }
    }
  }

  #add(kind: Instance['kind'], id: string, lifecycle: Lifecycle, pipeline?: string): void {
    this.#instances.push({ kind, id, pipeline, lifecycle })
  }
}

type Add = (kind: Instance['kind'], id: string, lifecycle: Lifecycle, pipeline?: string) => void

class Builder {
  readonly #pipelines: readonly PipelinePlan[]
  readonly #settings: SettingsFactory
  readonly #add: Add
  readonly #exporters = new Map<string, Consumer>()
  readonly #connectors = new Map<string, Consumer>()
  readonly #entries = new Map<PipelinePlan, Consume>()

  constructor(pipelines: readonly PipelinePlan[], settings: SettingsFactory, add: Add) {
    this.#pipelines = pipelines
    this.#settings = settings
    this.#add = add
  }

  build(): void {
    // Exporters first, all of them: then pipelines, which make the connectors they end in on the way.
    for (const { exporters } of this.#pipelines) {
      for (const { kind, id, configured } of exporters) if (kind === 'exporter') this.#exporter(id, configured)
    }
    for (const plan of this.#pipelines) this.#entry(plan)
    const receivers = new Map<string, ConfiguredComponent>()
    for (const plan of this.#pipelines) {
      for (const { kind, id, configured } of plan.receivers) if (kind === 'receiver') receivers.set(id, configured)
    }
    for (const [id, { component, config }] of receivers) {
      if (component.kind !== 'receiver') continue
      const next = this.#outputs('receiver', id).bySignal
      const create = (): Lifecycle => component.create(config, this.#settings('receiver', id, undefined), next)
      this.#add('receiver', id, created('receiver', id, create))
    }
  }

  #exporter(id: string, { component, config }: ConfiguredComponent): Consumer {
    let exporter = this.#exporters.get(id)
    if (exporter !== undefined) return exporter
    if (component.kind !== 'exporter') throw new TypeError(`${id} is not an exporter`)
    const instance = created('exporter', id, () => component.create(config, this.#settings('exporter', id, undefined)))
    exporter = instance
    this.#exporters.set(id, instance)
    this.#add('exporter', id, instance)
    return exporter
  }

  /** The consumer that begins a pipeline; made once, after everything downstream of it. */
  #entry(plan: PipelinePlan): Consume {
    const made = this.#entries.get(plan)
    if (made !== undefined) return made
    const ends = plan.exporters.map(({ kind, id, configured }) =>
      consumeOf(kind === 'connector' ? this.#connector(id, configured) : this.#exporter(id, configured)),
    )
    let next = fanOut(ends)
    for (const { id, configured } of plan.processors.toReversed()) {
      const { component, config } = configured
      if (component.kind !== 'processor') throw new TypeError(`${id} is not a processor`)
      const downstream = next
      const instance = created('processor', id, () =>
        component.create(config, this.#settings('processor', id, plan.id), plan.signal, downstream),
      )
      this.#add('processor', id, instance, plan.id)
      next = consumeOf(instance)
    }
    this.#entries.set(plan, next)
    return next
  }

  #connector(id: string, { component, config }: ConfiguredComponent): Consumer {
    const made = this.#connectors.get(id)
    if (made !== undefined) return made
    if (component.kind !== 'connector') throw new TypeError(`${id} is not a connector`)
    const outputs = this.#outputs('connector', id)
    const instance = created('connector', id, () =>
      component.create(config, this.#settings('connector', id, undefined), outputs),
    )
    this.#connectors.set(id, instance)
    this.#add('connector', id, instance)
    return instance
  }

  /** What a receiver, or a connector in its place, feeds. */
  #outputs(
    kind: 'receiver' | 'connector',
    id: string,
  ): {
    bySignal: Partial<Record<Signal, Consume>>
    byPipeline: Map<string, { signal: Signal; consume: Consume }>
  } {
    const byPipeline = new Map<string, { signal: Signal; consume: Consume }>()
    for (const plan of this.#pipelines) {
      if (!plan.receivers.some((node) => node.kind === kind && node.id === id)) continue
      byPipeline.set(plan.id, { signal: plan.signal, consume: this.#entry(plan) })
    }
    const bySignal: Partial<Record<Signal, Consume>> = {}
    for (const signal of signals) {
      const consumers = [...byPipeline.values()].filter((output) => output.signal === signal)
      if (consumers.length > 0) bySignal[signal] = fanOut(consumers.map(({ consume }) => consume))
    }
    return { bySignal, byPipeline }
  }
}

/** Says which component it was when one throws while it is made. */
function created<T>(kind: Instance['kind'], id: string, create: () => T): T {
  try {
    return create()
  } catch (error) {
    throw collectorError(
      'COLLECTOR_START',
      `failed to create ${JSON.stringify(id)} ${kind}: ${messageOf(error)}`,
      error,
    )
  }
}

function consumeOf(consumer: Consumer): Consume {
  return (batch, context) => consumer.consume(batch, context)
}

/** Settles with `work`, or rejects when `deadline` aborts first: a component that hangs must not hold the others. */
async function untilAborted(work: Promise<void>, deadline: AbortSignal): Promise<void> {
  let stop: (() => void) | undefined
  const late = new Promise<never>((_, reject) => {
    stop = () =>
      reject(
        collectorError('COLLECTOR_SHUTDOWN_DEADLINE', 'did not stop before the deadline; what it still held is lost'),
      )
    // One turn later, so that a component that stops because of the deadline itself is not taken for a hanging one.
    deadline.addEventListener('abort', () => setImmediate(stop!), { once: true })
    if (deadline.aborted) setImmediate(stop)
  })
  try {
    await Promise.race([work, late])
  } finally {
    late.catch(() => {})
  }
}

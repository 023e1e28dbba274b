// SPDX-License-Identifier: Apache-2.0
import { type Batch, type Consume, type Consumer, nodeKind } from '@otel-ts/otlp'
import type { ComponentSettings, ExporterComponent } from '../../component.ts'
import type { LogFields } from '../../self-telemetry/log.ts'
import { type DebugConfig, debugConfig } from './config.ts'
import { detailedText } from './detailed-text.ts'
import { normalText } from './normal-text.ts'

/** Prints what passes. */
export const debugExporter: ExporterComponent<DebugConfig> = {
  kind: 'exporter',
  type: 'debug',
  aliases: [],
  description: 'Prints what passes, in a line or in full.',
  stability: { traces: 'alpha', metrics: 'alpha', logs: 'alpha' },
  config: debugConfig,
  create: (config, settings) => new DebugExporter(config, settings, writeTo),
}

/** Writes text to a standard stream. */
export type WriteText = (path: 'stdout' | 'stderr', text: string) => void

function writeTo(path: 'stdout' | 'stderr', text: string): void {
  process[path].write(text)
}

export class DebugExporter implements Consumer {
  readonly #config: DebugConfig
  readonly #settings: ComponentSettings
  readonly #write: WriteText
  #secondMillis = Number.NEGATIVE_INFINITY
  #countInSecond = 0

  constructor(config: DebugConfig, settings: ComponentSettings, write: WriteText) {
    this.#config = config
    this.#settings = settings
    this.#write = write
  }

  consume: Consume = async (batch) => {
    const { signal, itemCount } = batch
    this.#settings.events.sent({ signal, itemCount })
    if (!this.#sampled()) return
    const { verbosity, use_internal_logger, output_paths } = this.#config
    const { title, counts } = summary(batch)
    const block = verbosity === 'basic' ? undefined : verbosity === 'normal' ? normalText(batch) : detailedText(batch)
    if (use_internal_logger) {
      this.#settings.log.info(title, counts, block)
      return
    }
    const line = `${title}${Object.entries(counts)
      .map(([name, count]) => `\t${name}=${count}`)
      .join('')}`
    for (const path of output_paths) this.#write(path, `${block ?? line}\n`)
  }

  #sampled(): boolean {
    const { sampling_initial, sampling_thereafter } = this.#config
    const now = this.#settings.clock.nowMillis()
    if (now - this.#secondMillis >= 1000) {
      this.#secondMillis = now
      this.#countInSecond = 0
    }
    const beyond = ++this.#countInSecond - sampling_initial
    return beyond <= 0 || (sampling_thereafter > 0 && beyond % sampling_thereafter === 0)
  }
}

const names = {
  traces: { title: 'Traces', resources: 'resource spans', items: 'spans' },
  metrics: { title: 'Metrics', resources: 'resource metrics', items: 'data points' },
  logs: { title: 'Logs', resources: 'resource logs', items: 'log records' },
} as const

// Counting resources and metrics needs the index, never records.
function summary(batch: Batch): { title: string; counts: LogFields } {
  const { title, resources, items } = names[batch.signal]
  const index = batch.index()
  let resourceCount = 0
  let metricCount = 0
  for (let node = 0; node < index.nodeCount; node++) {
    const kind = index.kind(node)
    if (kind === nodeKind.resource) resourceCount++
    else if (kind === nodeKind.record) metricCount++
  }
  const metrics = batch.signal === 'metrics' ? { metrics: metricCount } : {}
  return { title, counts: { [resources]: resourceCount, ...metrics, [items]: batch.itemCount } }
}

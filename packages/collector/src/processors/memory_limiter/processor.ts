// SPDX-License-Identifier: Apache-2.0
import { type Consume, type Consumer, consumeError, type Signal, type Timer } from '@otel-ts/otlp'
import type { ComponentSettings, Lifecycle, ProcessorComponent } from '../../component.ts'
import { type MemoryLimiterConfig, memoryLimiterConfig } from './config.ts'
import { totalMemoryBytes } from './total-memory.ts'

/** Refuses data while the collector holds too much of it. */
export const memoryLimiterProcessor: ProcessorComponent<MemoryLimiterConfig> = {
  kind: 'processor',
  type: 'memory_limiter',
  aliases: [],
  description: 'Refuses data, to be sent again later, while the bytes of held telemetry are above a limit.',
  stability: { traces: 'beta', metrics: 'beta', logs: 'beta' },
  config: memoryLimiterConfig,
  create: (config, settings, signal, next) => new MemoryLimiter(config, settings, signal, next, totalMemoryBytes),
}

const mebibyte = 1024 * 1024

/**
 * Counts the bytes of all telemetry that the collector holds: requests under way, and what `batch` and queues keep. That is
 * what refusing can influence; the heap of the process also holds garbage, and a limit on it refuses when nothing is wrong.
 */
export class MemoryLimiter implements Lifecycle, Consumer {
  readonly #config: MemoryLimiterConfig
  readonly #settings: ComponentSettings
  readonly #signal: Signal
  readonly #next: Consume
  readonly #totalMemory: () => number
  #limitBytes = 0
  #softLimitBytes = 0
  #refusing = false
  #timer: Timer | undefined

  constructor(
    config: MemoryLimiterConfig,
    settings: ComponentSettings,
    signal: Signal,
    next: Consume,
    totalMemory: () => number,
  ) {
    this.#config = config
    this.#settings = settings
    this.#signal = signal
    this.#next = next
    this.#totalMemory = totalMemory
    settings.memory.watch()
    this.#readLimits()
  }

  async start(): Promise<void> {
    this.#schedule()
  }

  consume: Consume = async (batch, context) => {
    const { memory, events } = this.#settings
    const usedBytes = memory.heldBytes
    const { itemCount } = batch
    if (usedBytes > this.#softLimitBytes || usedBytes + batch.byteCount > this.#limitBytes) {
      this.#refusing = true
      events.memoryRefused({ signal: this.#signal, itemCount, usedBytes, limitBytes: this.#limitBytes })
      const message = `data refused due to high memory usage: ${usedBytes} bytes of telemetry are held, the limit is ${this.#limitBytes}, refusing begins above ${this.#softLimitBytes}; send the data again later`
      throw consumeError('MEMORY_LIMIT', message, { retryable: true })
    }
    events.memoryAccepted({ signal: this.#signal, itemCount })
    memory.hold(batch)
    try {
      await this.#next(batch, context)
    } finally {
      memory.release(batch)
    }
  }

  async shutdown(): Promise<void> {
    this.#timer?.cancel()
  }

  #schedule(): void {
    this.#timer = this.#settings.clock.after(this.#config.check_interval, () => {
      this.#readLimits()
      if (this.#refusing && this.#settings.memory.heldBytes <= this.#softLimitBytes) {
        this.#refusing = false
        this.#settings.log.info('Memory usage back within limits. Resuming normal operation.')
      }
      this.#schedule()
    })
  }

  #readLimits(): void {
    const { limit_mib, spike_limit_mib, limit_percentage, spike_limit_percentage } = this.#config
    let spikeBytes: number
    if (limit_mib > 0) {
      this.#limitBytes = limit_mib * mebibyte
      spikeBytes = spike_limit_mib * mebibyte
    } else {
      const total = this.#totalMemory()
      this.#limitBytes = Math.floor((total * limit_percentage) / 100)
      spikeBytes = Math.floor((total * spike_limit_percentage) / 100)
    }
    if (spikeBytes === 0) spikeBytes = Math.floor(this.#limitBytes / 5)
    this.#softLimitBytes = this.#limitBytes - spikeBytes
  }
}

// SPDX-License-Identifier: Apache-2.0
import type { Signal } from '@otel-ts/otlp'
import type { Counters } from './counters.ts'
import type { ComponentLogger, LineThrottle, LogFields, LogLevel } from './log.ts'

/** How upstream's metric names call the items of a signal. */
export const itemNames: Readonly<Record<Signal, string>> = {
  traces: 'spans',
  metrics: 'metric_points',
  logs: 'log_records',
}

/** What all item events carry. */
export interface ItemEvent {
  readonly signal: Signal
  readonly itemCount: number
}

/** An item event with its cause. */
export interface ItemFailure extends ItemEvent {
  readonly error: Error
}

/**
 * What components report. Each event is one counter and at most one line: debug for the ordinary course, warn when
 * something is degraded but not lost, error when data is lost. Equal lines come once in ten seconds, with their count.
 */
export interface ComponentEvents {
  /** Receiver: the pipelines took a request. */
  received(event: ItemEvent & { transport: string }): void
  /** Receiver: the pipelines did not take a request; its sender was told and still has it. */
  refused(event: ItemFailure & { transport: string; retryable: boolean }): void
  /** Receiver: a request was no telemetry at all: malformed, too large, wrong type. */
  requestRejected(event: { error: Error; transport: string; status: number }): void
  /** Receiver: a connection never became one, since its TLS handshake failed; nothing was sent over it. */
  connectionRefused(event: { error: Error; transport: string }): void

  /** Processor `batch`: a batch went on, because of its size or its age. */
  batchSent(event: ItemEvent & { trigger: 'size' | 'timeout' | 'shutdown' }): void
  /** Processor `memory_limiter`: data was refused; its sender still has it. */
  memoryRefused(event: ItemEvent & { usedBytes: number; limitBytes: number }): void
  /** Processor `memory_limiter`: data passed. */
  memoryAccepted(event: ItemEvent): void
  /** Processor: data that was already acknowledged could not be handed on and is gone. */
  lost(event: ItemFailure): void

  /** Exporter: the destination took the data. */
  sent(event: ItemEvent): void
  /** Exporter: the destination did not take the data and it is gone, or went back to the caller (`returned`). */
  sendFailed(event: ItemFailure & { returned: boolean }): void
  /** Exporter: the queue did not take the data; the caller still has it. */
  enqueueFailed(event: ItemFailure): void
  /** Exporter: a try failed, another follows. */
  retrying(event: ItemFailure & { delayMillis: number; attempt: number }): void
  /** Exporter: the destination took a request but dropped some of its items, or warned about it. */
  partialSuccess(event: ItemEvent & { rejectedCount: bigint; message: string }): void
  /** Exporter: a merged request was refused for good and is sent again source by source. */
  splitting(event: ItemFailure & { requestCount: number }): void
}

/** Makes the events of one component. */
export function componentEvents(options: {
  readonly kind: string
  readonly id: string
  readonly log: ComponentLogger
  readonly counters: Counters
  readonly throttle: LineThrottle
}): ComponentEvents {
  const { kind, id, log, counters, throttle } = options
  const attributes = { [kind]: id }
  // Of what happens with every request; made when it first happens.
  const accepted = new Map<string, Partial<Record<Signal, (amount: number) => void>>>()
  const passed: Partial<Record<Signal, (amount: number) => void>> = {}

  // `variant` tells lines apart that say different things in the same words. Never the text of an error: that has counts.
  function line(level: LogLevel, message: string, fields: LogFields, variant: string): void {
    const repeats = throttle.admit(`${kind} ${id}: ${message} (${variant})`)
    if (repeats === undefined) return
    log[level](message, repeats === 0 ? fields : { ...fields, repeats })
  }

  return {
    received({ signal, itemCount, transport }) {
      let adders = accepted.get(transport)
      if (adders === undefined) accepted.set(transport, (adders = {}))
      adders[signal] ??= counters.adder(`receiver_accepted_${itemNames[signal]}`, { ...attributes, transport })
      adders[signal](itemCount)
    },
    refused({ signal, itemCount, transport, error, retryable }) {
      counters.add(`receiver_refused_${itemNames[signal]}`, itemCount, { ...attributes, transport })
      const what = retryable ? 'Refused data for now; its sender keeps it' : 'Refused data for good'
      line('warn', what, { signal, items: itemCount, error: error.message }, `${signal}, ${codeOf(error)}`)
    },
    requestRejected({ error, transport, status }) {
      counters.add('receiver_requests_rejected', 1, { ...attributes, transport })
      line('warn', 'Rejected a request', { status, error: error.message }, `${status}, ${codeOf(error)}`)
    },
    connectionRefused({ error, transport }) {
      counters.add('receiver_connections_refused', 1, { ...attributes, transport })
      line('warn', 'Refused a connection', { transport, error: error.message }, `${transport}, ${reasonOf(error)}`)
    },
    batchSent({ trigger }) {
      const name = trigger === 'size' ? 'batch_size' : trigger
      counters.add(`processor_batch_${name}_trigger_send`, 1, attributes)
    },
    memoryRefused({ signal, itemCount, usedBytes, limitBytes }) {
      counters.add(`processor_memory_limiter_refused_${itemNames[signal]}`, itemCount, attributes)
      const fields = { signal, items: itemCount, used: mebibytes(usedBytes), limit: mebibytes(limitBytes) }
      line('warn', 'Refusing data: memory above its limit', fields, signal)
    },
    memoryAccepted({ signal, itemCount }) {
      passed[signal] ??= counters.adder(`processor_memory_limiter_accepted_${itemNames[signal]}`, attributes)
      passed[signal](itemCount)
    },
    lost({ signal, itemCount, error }) {
      counters.add(`processor_lost_${itemNames[signal]}`, itemCount, attributes)
      line(
        'error',
        'Lost acknowledged data',
        { signal, items: itemCount, error: error.message },
        `${signal}, ${codeOf(error)}`,
      )
    },
    sent({ signal, itemCount }) {
      counters.add(`exporter_sent_${itemNames[signal]}`, itemCount, attributes)
    },
    sendFailed({ signal, itemCount, error, returned }) {
      counters.add(`exporter_send_failed_${itemNames[signal]}`, itemCount, attributes)
      const what = returned ? 'Exporting failed; the sender keeps the data' : 'Exporting failed; the data is lost'
      line(
        returned ? 'warn' : 'error',
        what,
        { signal, items: itemCount, error: error.message },
        `${signal}, ${codeOf(error)}`,
      )
    },
    enqueueFailed({ signal, itemCount, error }) {
      counters.add(`exporter_enqueue_failed_${itemNames[signal]}`, itemCount, attributes)
      line('warn', 'Refused data', { signal, items: itemCount, error: error.message }, `${signal}, ${codeOf(error)}`)
    },
    retrying({ signal, itemCount, error, delayMillis, attempt }) {
      counters.add('exporter_send_retries', 1, attributes)
      const fields = { signal, items: itemCount, attempt, in: `${Math.round(delayMillis)}ms`, error: error.message }
      line('warn', 'Exporting failed; will try again', fields, `${signal}, ${codeOf(error)}`)
    },
    partialSuccess({ signal, itemCount, rejectedCount, message }) {
      counters.add(`exporter_rejected_${itemNames[signal]}`, Number(rejectedCount), attributes)
      const lost = rejectedCount > 0n
      const what = lost
        ? 'The destination dropped a part of a request'
        : 'The destination took a request with a warning'
      line(
        lost ? 'error' : 'warn',
        what,
        { signal, items: itemCount, rejected: rejectedCount, message },
        `${signal}, ${message.slice(0, 200)}`,
      )
    },
    splitting({ signal, itemCount, error, requestCount }) {
      counters.add('exporter_split_requests', 1, attributes)
      const fields = { signal, items: itemCount, requests: requestCount, error: error.message }
      line('warn', 'A merged request was refused; sending its parts one by one', fields, `${signal}, ${codeOf(error)}`)
    },
  }
}

function codeOf(error: Error): string {
  return 'code' in error ? String(error.code) : error.name
}

// Why a handshake failed differs much, and all have one code: that of OpenSSL tells them apart.
function reasonOf(error: Error): string {
  return error.cause instanceof Error ? codeOf(error.cause) : codeOf(error)
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)}MiB`
}

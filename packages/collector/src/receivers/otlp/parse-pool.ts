// SPDX-License-Identifier: Apache-2.0
import {
  type Batch,
  batchCounters,
  batchFromParts,
  type Clock,
  type OtlpEncoding,
  otlpError,
  type Signal,
  type Timer,
} from '@otel-ts/otlp'
import type { ParseAnswer, ParseTask } from './parse-frames.ts'
import { type Parser, type ParserDeath, type ParserEvents, startParseProcess } from './parse-process.ts'

export interface ParsePoolOptions {
  readonly start: (events: ParserEvents) => Parser
  /** Heap that `start` allows the process; named when that was not enough. */
  readonly maxHeapMegabytes: number
  readonly clock: Clock
  /** Told when the process died; it is started again with the next task. */
  readonly onCrash?: (error: Error) => void
}

interface Task extends ParseTask {
  readonly abort: AbortSignal
  readonly resolve: (batch: Batch) => void
  readonly reject: (error: Error) => void
}

// A process is started in some 50 ms and keeps up to some hundred megabytes of heap while it lives.
const idleMillis = 10_000

/**
 * Makes batches of large bodies in one process, one after the other. It is started by the first body and ended when none
 * has come for ten seconds. What waits is bounded by the server, which accounts each body until its answer.
 *
 * A thread would not do: V8's garbage collections of all threads of a process take one lock for as long as they mark, so
 * one of 400 MB in a worker stopped the event loop for 200 ms (decision 0005).
 */
export class ParsePool {
  readonly #options: ParsePoolOptions
  readonly #waiting: Task[] = []
  #parser: Parser | undefined
  #current: Task | undefined
  #idle: Timer | undefined
  #closed = false

  constructor(options: ParsePoolOptions) {
    this.#options = options
  }

  /** The body is not touched again. */
  readonly parse = (signal: Signal, encoding: OtlpEncoding, body: Uint8Array, abort: AbortSignal): Promise<Batch> => {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ signal, encoding, body, abort, resolve, reject })
      this.#next()
    })
  }

  /** Ends the process; what is not done yet is refused, to be sent again. */
  async close(): Promise<void> {
    this.#closed = true
    this.#idle?.cancel()
    const parser = this.#parser
    this.#parser = undefined
    const open = this.#waiting.splice(0)
    if (this.#current !== undefined) open.push(this.#current)
    this.#current = undefined
    for (const task of open) task.reject(shuttingDown())
    await parser?.end()
  }

  #next(): void {
    if (this.#current !== undefined) return
    let task = this.#waiting.shift()
    // The server has given up those whose sender is gone; it only waits to be told.
    for (; task?.abort.aborted; task = this.#waiting.shift()) task.reject(abandoned())
    if (task === undefined) {
      this.#armIdle()
      return
    }
    if (this.#closed) {
      task.reject(shuttingDown())
      this.#next()
      return
    }
    this.#idle?.cancel()
    this.#idle = undefined
    this.#current = task
    try {
      this.#parser ??= this.#start()
      this.#parser.ask(task)
    } catch (error) {
      this.#settle((failed) => failed.reject(this.#crashed(failed, error as Error)))
    }
  }

  #start(): Parser {
    const parser = this.#options.start({
      answer: (answer) => {
        if (parser === this.#parser) this.#settle((task) => settleWith(task, answer))
      },
      died: (error) => {
        if (parser === this.#parser) this.#died(error)
      },
    })
    return parser
  }

  #settle(settle: (task: Task) => void): void {
    const task = this.#current
    this.#current = undefined
    if (task !== undefined) settle(task)
    this.#next()
  }

  #died(error: ParserDeath): void {
    this.#parser = undefined
    this.#options.onCrash?.(error)
    this.#settle((task) => task.reject(this.#crashed(task, error)))
  }

  #crashed(task: Task, error: ParserDeath): Error {
    const what = `${task.signal} request in ${task.encoding}`
    if (error.isOutOfMemory === true) {
      return otlpError(
        'OTLP_TOO_MANY',
        `${what}: takes more memory to read than the ${this.#options.maxHeapMegabytes} MiB allowed; request refused, send smaller ones`,
        error,
      )
    }
    return otlpError(
      'OTLP_INTERNAL',
      `${what}: the process that read it failed (${error.message}); expected was a batch or an error with an offset; request refused with 500`,
      error,
    )
  }

  #armIdle(): void {
    if (this.#closed || this.#parser === undefined || this.#idle !== undefined) return
    this.#idle = this.#options.clock.after(idleMillis, () => {
      this.#idle = undefined
      const parser = this.#parser
      this.#parser = undefined
      void parser?.end()
    })
  }
}

function settleWith(task: Task, answer: ParseAnswer): void {
  if ('error' in answer) {
    const { code = 'OTLP_INTERNAL', message } = answer.error
    task.reject(
      code === 'OTLP_INTERNAL'
        ? otlpError(
            code,
            `receiver: failed to read the request (${message}); expected was a batch or an error with an offset; request refused with 500`,
          )
        : otlpError(code, message),
    )
    return
  }
  batchCounters.encodedRecordCount += answer.encodedRecordCount
  batchCounters.unknownFieldCount += answer.unknownFieldCount
  task.resolve(batchFromParts(task.signal, answer.parts))
}

function abandoned(): Error {
  return otlpError(
    'OTLP_ABORTED',
    'request: its sender closed the connection while it waited to be read; expected was one that waits; nothing of it is used',
  )
}

function shuttingDown(): Error {
  return otlpError(
    'OTLP_SHUTDOWN',
    'receiver: shutting down; expected is a running one; request refused with 503, send it again elsewhere or later',
  )
}

// JSON of ordinary spans takes some six times its bytes of heap to read (20 MiB: 128 MiB are enough, Node 20.20). Four times that,
// so that only what is made to take memory is stopped by it.
function heapMegabytes(maxBodyBytes: number): number {
  return Math.max(256, Math.ceil((24 * maxBodyBytes) / 1024 / 1024))
}

/**
 * A pool over a real process; undefined when this module runs from its TypeScript source (tests through vitest), which
 * Node 20 cannot run: bodies are then read on the event loop, by the same functions.
 */
export function startParsePool(
  options: Omit<ParsePoolOptions, 'start' | 'maxHeapMegabytes'> & { readonly maxBodyBytes: number },
): ParsePool | undefined {
  if (import.meta.url.endsWith('.ts')) return undefined
  const maxHeapMegabytes = heapMegabytes(options.maxBodyBytes)
  return new ParsePool({ ...options, maxHeapMegabytes, start: (events) => startParseProcess(maxHeapMegabytes, events) })
}

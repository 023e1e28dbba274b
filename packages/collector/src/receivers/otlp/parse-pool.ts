// SPDX-License-Identifier: Apache-2.0
import { Worker } from 'node:worker_threads'
import {
  type Batch,
  type BatchPart,
  batchCounters,
  batchFromParts,
  type Clock,
  type OtlpEncoding,
  type OtlpErrorCode,
  otlpError,
  type Signal,
  type Timer,
} from '@otel-ts/otlp'

/** What the worker is asked. */
export interface ParseTask {
  readonly signal: Signal
  readonly encoding: OtlpEncoding
  readonly body: Uint8Array
}

/** What it answers: the batch in parts, or why there is none; without a code the fault is ours. */
export type ParseAnswer =
  | { readonly parts: readonly BatchPart[]; readonly encodedRecordCount: number; readonly unknownFieldCount: number }
  | { readonly error: { readonly code?: OtlpErrorCode; readonly message: string } }

/** The part of a `Worker` that is used. */
export interface ParseThread {
  on(event: 'message', listener: (answer: ParseAnswer) => void): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
  on(event: 'exit', listener: () => void): unknown
  postMessage(task: ParseTask, transferred: ArrayBuffer[]): void
  terminate(): Promise<unknown>
}

export interface ParsePoolOptions {
  readonly start: () => ParseThread
  /** Heap that `start` allows the thread; named when that was not enough. */
  readonly maxHeapMegabytes: number
  readonly clock: Clock
  /** Told when the thread died; it is started again with the next task. */
  readonly onCrash?: (error: Error) => void
}

interface Task extends ParseTask {
  readonly abort: AbortSignal
  readonly resolve: (batch: Batch) => void
  readonly reject: (error: Error) => void
}

// A thread is started in some 50 ms and keeps up to some hundred megabytes of heap while it lives.
const idleMillis = 10_000

/**
 * Makes batches of large bodies in one thread, one after the other. The thread is started by the first body and ended
 * when none has come for ten seconds. What waits is bounded by the server, which accounts each body until its answer.
 */
export class ParsePool {
  readonly #options: ParsePoolOptions
  readonly #waiting: Task[] = []
  #thread: ParseThread | undefined
  #current: Task | undefined
  #idle: Timer | undefined
  #closed = false

  constructor(options: ParsePoolOptions) {
    this.#options = options
  }

  /** Takes the body over: its buffer moves to the thread. */
  readonly parse = (signal: Signal, encoding: OtlpEncoding, body: Uint8Array, abort: AbortSignal): Promise<Batch> => {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ signal, encoding, body, abort, resolve, reject })
      this.#next()
    })
  }

  /** Ends the thread; what is not done yet is refused, to be sent again. */
  async close(): Promise<void> {
    this.#closed = true
    this.#idle?.cancel()
    const thread = this.#thread
    this.#thread = undefined
    const open = this.#waiting.splice(0)
    if (this.#current !== undefined) open.push(this.#current)
    this.#current = undefined
    for (const task of open) task.reject(shuttingDown())
    await thread?.terminate()
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
      this.#thread ??= this.#start()
      send(this.#thread, task)
    } catch (error) {
      this.#settle((failed) => failed.reject(this.#crashed(failed, error as Error)))
    }
  }

  #start(): ParseThread {
    const thread = this.#options.start()
    thread.on('message', (answer) => {
      if (thread === this.#thread) this.#settle((task) => settleWith(task, answer))
    })
    thread.on('error', (error) => this.#died(thread, error))
    thread.on('exit', () => this.#died(thread, new Error('the thread ended')))
    return thread
  }

  #settle(settle: (task: Task) => void): void {
    const task = this.#current
    this.#current = undefined
    if (task !== undefined) settle(task)
    this.#next()
  }

  #died(thread: ParseThread, error: Error): void {
    if (thread !== this.#thread) return
    this.#thread = undefined
    this.#options.onCrash?.(error)
    this.#settle((task) => task.reject(this.#crashed(task, error)))
  }

  #crashed(task: Task, error: Error): Error {
    const what = `${task.signal} request in ${task.encoding}`
    if ((error as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY') {
      return otlpError(
        'OTLP_TOO_MANY',
        `${what}: takes more memory to read than the ${this.#options.maxHeapMegabytes} MiB allowed; request refused, send smaller ones`,
        error,
      )
    }
    return otlpError(
      'OTLP_INTERNAL',
      `${what}: the thread that read it failed (${error.message}); expected was a batch or an error with an offset; request refused with 500`,
      error,
    )
  }

  #armIdle(): void {
    if (this.#closed || this.#thread === undefined || this.#idle !== undefined) return
    this.#idle = this.#options.clock.after(idleMillis, () => {
      this.#idle = undefined
      const thread = this.#thread
      this.#thread = undefined
      void thread?.terminate()
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

// The buffer goes with the message, and is copied before only when it holds much else besides the body.
function send(thread: ParseThread, { signal, encoding, body }: ParseTask): void {
  const { buffer, byteOffset, byteLength } = body
  const isOwn = buffer instanceof ArrayBuffer && buffer.byteLength <= 2 * byteLength
  const own = isOwn ? new Uint8Array(buffer, byteOffset, byteLength) : new Uint8Array(body)
  thread.postMessage({ signal, encoding, body: own }, [own.buffer])
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
 * A pool over real threads; undefined when this module runs from its TypeScript source (tests through vitest), where
 * Node 20 cannot load the worker's: bodies are then read on the event loop, by the same functions.
 */
export function startParsePool(
  options: Omit<ParsePoolOptions, 'start' | 'maxHeapMegabytes'> & { readonly maxBodyBytes: number },
): ParsePool | undefined {
  if (import.meta.url.endsWith('.ts')) return undefined
  const maxHeapMegabytes = heapMegabytes(options.maxBodyBytes)
  const start = (): ParseThread => {
    const worker = new Worker(new URL('./parse-worker.js', import.meta.url), {
      name: 'otlp-parse',
      resourceLimits: { maxOldGenerationSizeMb: maxHeapMegabytes },
      // Flags of the main thread, such as modules preloaded, are not the worker's.
      execArgv: [],
    })
    // The listener keeps the process alive as long as requests can come; the worker shall not outlive it.
    worker.unref()
    return worker
  }
  return new ParsePool({ ...options, maxHeapMegabytes, start })
}

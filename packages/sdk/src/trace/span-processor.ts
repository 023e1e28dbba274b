// SPDX-License-Identifier: Apache-2.0
import type { Context } from '@otel-ts/api'
import type { ReadableSpan, Span } from './readable-span.ts'

/** How an export ended, as opentelemetry-js numbers it. */
export const ExportResultCode = { SUCCESS: 0, FAILED: 1 } as const
/** See {@link ExportResultCode}. */
export type ExportResultCode = (typeof ExportResultCode)[keyof typeof ExportResultCode]

/** What an exporter reports of a batch. */
export interface ExportResult {
  code: ExportResultCode
  error?: Error
}

/** Sends ended spans somewhere. Calls of `export` never overlap unless it sets `maxConcurrentExports`. */
export interface SpanExporter {
  /** Takes a batch and calls back once, with the result. */
  export(spans: ReadableSpan[], resultCallback: (result: ExportResult) => void): void
  /** Ends running exports and lets go of what the exporter holds; later exports fail. */
  shutdown(): Promise<void>
  /** Resolves when exports that run have ended. */
  forceFlush?(): Promise<void>
  /** Exports that may run at once. Default 1: the specification forbids more unless the exporter allows it. */
  readonly maxConcurrentExports?: number
  /** Where it sends to, for messages. */
  readonly destination?: string
}

/** Sees every recording span when it starts and ends. Calls are synchronous and hold up the application: be quick. */
export interface SpanProcessor {
  /** Called with every recording span when it starts. */
  onStart(span: Span, parentContext: Context): void
  /**
   * Called when the end time is set but the span can still be changed; of all processors before any `onEnd`.
   *
   * @experimental The specification has it in development.
   */
  onEnding?(span: Span): void
  /** Called with every recording span when it has ended. */
  onEnd(span: ReadableSpan): void
  /** Resolves when every span that ended before has been exported, or the processor's time for it is over. */
  forceFlush(): Promise<void>
  /** Flushes and stops. */
  shutdown(): Promise<void>
}

/** A processor that does nothing. */
export class NoopSpanProcessor implements SpanProcessor {
  onStart(): void {}
  onEnd(): void {}
  forceFlush(): Promise<void> {
    return Promise.resolve()
  }
  shutdown(): Promise<void> {
    return Promise.resolve()
  }
}

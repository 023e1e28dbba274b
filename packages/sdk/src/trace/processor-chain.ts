// SPDX-License-Identifier: Apache-2.0
import type { Context } from '@otel-ts/api'
import { sdkEvents } from '../events.ts'
import type { RecordingSpan } from './span.ts'
import type { SpanProcessor } from './span-processor.ts'

/** The processors of a provider, called in order. What one of them throws stops neither the next nor the application. */
export class ProcessorChain {
  readonly #processors: readonly SpanProcessor[]
  // One processor is the rule: its methods are called without a loop.
  readonly #only: SpanProcessor | undefined
  readonly hasOnEnding: boolean
  readonly isEmpty: boolean

  constructor(processors: readonly SpanProcessor[]) {
    this.#processors = processors
    this.#only = processors.length === 1 ? processors[0] : undefined
    this.hasOnEnding = processors.some((processor) => typeof processor.onEnding === 'function')
    this.isEmpty = processors.length === 0
  }

  onStart(span: RecordingSpan, parentContext: Context): void {
    const only = this.#only
    if (only !== undefined) {
      try {
        only.onStart(span, parentContext)
      } catch (error) {
        sdkEvents.callbackThrew('onStart of a span processor', error)
      }
      return
    }
    for (const processor of this.#processors) {
      try {
        processor.onStart(span, parentContext)
      } catch (error) {
        sdkEvents.callbackThrew('onStart of a span processor', error)
      }
    }
  }

  onEnding(span: RecordingSpan): void {
    for (const processor of this.#processors) {
      try {
        processor.onEnding?.(span)
      } catch (error) {
        sdkEvents.callbackThrew('onEnding of a span processor', error)
      }
    }
  }

  onEnd(span: RecordingSpan): void {
    const only = this.#only
    if (only !== undefined) {
      try {
        only.onEnd(span)
      } catch (error) {
        sdkEvents.callbackThrew('onEnd of a span processor', error)
      }
      return
    }
    for (const processor of this.#processors) {
      try {
        processor.onEnd(span)
      } catch (error) {
        sdkEvents.callbackThrew('onEnd of a span processor', error)
      }
    }
  }
}

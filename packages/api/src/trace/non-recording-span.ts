// SPDX-License-Identifier: Apache-2.0
import type { Span } from './span.ts'
import type { SpanContext } from './span-context.ts'
import { INVALID_SPAN_CONTEXT } from './span-context.ts'

/** A span that only carries a span context. */
class NonRecordingSpan implements Span {
  readonly #spanContext: SpanContext

  constructor(spanContext: SpanContext) {
    this.#spanContext = spanContext
  }

  spanContext(): SpanContext {
    return this.#spanContext
  }
  setAttribute(): this {
    return this
  }
  setAttributes(): this {
    return this
  }
  addEvent(): this {
    return this
  }
  addLink(): this {
    return this
  }
  addLinks(): this {
    return this
  }
  setStatus(): this {
    return this
  }
  updateName(): this {
    return this
  }
  end(): void {}
  isRecording(): boolean {
    return false
  }
  recordException(): void {}
}

/** A span that records nothing and carries `spanContext`; `trace.wrapSpanContext`. */
export function wrapSpanContext(spanContext: SpanContext): Span {
  return new NonRecordingSpan(spanContext)
}

/** The span where there is none. One object serves all: it has no state. */
export const invalidSpan: Span = wrapSpanContext(INVALID_SPAN_CONTEXT)

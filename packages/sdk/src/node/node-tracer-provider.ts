// SPDX-License-Identifier: Apache-2.0
import type { Registration } from '@otel-ts/api/registration'
import { TracerProvider } from '../trace/tracer-provider.ts'
import { registerSdk, type SdkRegistrationConfig } from './register.ts'

/**
 * A {@link TracerProvider} that can make itself the one of the process, together with a context manager and
 * propagators. With `OTEL_SDK_DISABLED=true` use {@link NodeSDK}, which heeds it.
 *
 * @example
 * ```ts
 * import { context, trace } from '@otel-ts/api'
 * import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@otel-ts/sdk'
 * const exporter = new InMemorySpanExporter()
 * const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] })
 * const registration = provider.register()
 * trace.getTracer('example').startActiveSpan('work', (span) => {
 *   console.log(trace.getSpan(context.active()) === span) // true
 *   span.end()
 * })
 * console.log(exporter.getFinishedSpans().length) // 1
 * registration.unregister()
 * await provider.shutdown()
 * ```
 */
export class NodeTracerProvider extends TracerProvider {
  /** Registers this provider; says what was taken already. */
  register(config?: SdkRegistrationConfig): Registration {
    return registerSdk(this, config)
  }
}

// SPDX-License-Identifier: Apache-2.0

// Everything that asking for a strategy needs, loaded with the first question.
export { requestJaegerStrategy } from './jaeger-request.ts'
export { parseJaegerStrategy } from './jaeger-strategy.ts'
export { samplerOfStrategy } from './jaeger-strategy-sampler.ts'

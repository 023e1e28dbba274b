// SPDX-License-Identifier: Apache-2.0

/** What an endpoint of Jaeger's remote sampling wants, read from jaeger.api_v2.SamplingStrategyResponse. */
export type JaegerStrategy =
  | { readonly kind: 'probabilistic'; readonly samplingRate: number }
  | { readonly kind: 'rate-limiting'; readonly maxTracesPerSecond: number }
  | {
      readonly kind: 'per-operation'
      readonly defaultSamplingRate: number
      /** Traces of each operation that are sampled whatever the rate. */
      readonly lowerBoundTracesPerSecond: number
      /** Rates by the name of the span. */
      readonly samplingRates: ReadonlyMap<string, number>
    }

type Json = { readonly [key: string]: unknown }

/** Reads a response in protobuf's JSON mapping; throws with the reason when it holds no strategy. */
export function parseJaegerStrategy(text: string): JaegerStrategy {
  const response: unknown = JSON.parse(text)
  if (!isObject(response)) throw new Error('the response is no JSON object')
  // Jaeger sends both: the general strategy is for clients that know nothing of operations.
  const perOperation = response['operationSampling']
  if (isObject(perOperation)) return perOperationStrategy(perOperation)
  const type = response['strategyType']
  if (type === 'RATE_LIMITING' || type === 1) {
    const limits = response['rateLimitingSampling']
    if (!isObject(limits)) throw new Error('rateLimitingSampling is missing')
    return { kind: 'rate-limiting', maxTracesPerSecond: rate(limits, 'maxTracesPerSecond') }
  }
  if (type !== 'PROBABILISTIC' && type !== 0 && type !== undefined) {
    throw new Error(`strategyType ${JSON.stringify(type)} is neither PROBABILISTIC nor RATE_LIMITING`)
  }
  const probability = response['probabilisticSampling']
  if (!isObject(probability)) throw new Error('probabilisticSampling is missing')
  return { kind: 'probabilistic', samplingRate: share(probability, 'samplingRate') }
}

function perOperationStrategy(response: Json): JaegerStrategy {
  const samplingRates = new Map<string, number>()
  const list = response['perOperationStrategies'] ?? []
  if (!Array.isArray(list)) throw new Error('perOperationStrategies is no list')
  for (const entry of list as unknown[]) {
    if (!isObject(entry) || typeof entry['operation'] !== 'string' || !isObject(entry['probabilisticSampling'])) {
      throw new Error('one of perOperationStrategies has no operation or no probabilisticSampling')
    }
    samplingRates.set(entry['operation'], share(entry['probabilisticSampling'], 'samplingRate'))
  }
  return {
    kind: 'per-operation',
    defaultSamplingRate: share(response, 'defaultSamplingProbability'),
    lowerBoundTracesPerSecond: rate(response, 'defaultLowerBoundTracesPerSecond'),
    samplingRates,
  }
}

// The JSON mapping leaves out what is 0.
function rate(from: Json, key: string): number {
  const value = from[key] ?? 0
  if (typeof value === 'number' && value >= 0 && Number.isFinite(value)) return value
  throw new Error(`${key} is ${JSON.stringify(value)}, not a number from 0`)
}

function share(from: Json, key: string): number {
  const value = rate(from, key)
  if (value <= 1) return value
  throw new Error(`${key} is ${value}, not a number from 0 to 1`)
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

// SPDX-License-Identifier: Apache-2.0
import type { Sampler } from '@otel-ts/api'
import { sdkEvents } from '../events.ts'
import { JaegerRemoteSampler, type JaegerRemoteSamplerOptions } from '../sampling/jaeger-remote-sampler.ts'
import type { GeneralLimits, SpanLimits } from '../trace/limits.ts'
import { AlwaysOffSampler, AlwaysOnSampler, ParentBasedSampler, TraceIdRatioBasedSampler } from '../trace/samplers.ts'
import { readEnum, readNumber, readString } from './read.ts'
import type { NumberName } from './table.ts'

/**
 * The sampler that `OTEL_TRACES_SAMPLER` and its argument name; ParentBased over AlwaysOn when they name none. What asks
 * an endpoint asks for the strategy of `serviceName`, and is shut down with `onShutdown`'s function.
 */
export function environmentSampler(
  serviceName: string = '',
  onShutdown: (shutdown: () => Promise<void>) => void = () => {},
): Sampler {
  const name = readEnum('OTEL_TRACES_SAMPLER')
  switch (name) {
    case 'jaeger_remote':
    case 'parentbased_jaeger_remote': {
      const remote = new JaegerRemoteSampler({ ...readJaegerRemote(), serviceName })
      onShutdown(() => remote.shutdown())
      return name === 'jaeger_remote' ? remote : new ParentBasedSampler({ root: remote })
    }
    case 'always_on':
      return new AlwaysOnSampler()
    case 'always_off':
      return new AlwaysOffSampler()
    case 'traceidratio':
      return new TraceIdRatioBasedSampler(readRatio())
    case 'parentbased_always_off':
      return new ParentBasedSampler({ root: new AlwaysOffSampler() })
    case 'parentbased_traceidratio':
      return new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(readRatio()) })
    default:
      return new ParentBasedSampler({ root: new AlwaysOnSampler() })
  }
}

function readRatio(): number {
  const text = readString('OTEL_TRACES_SAMPLER_ARG')
  if (text === undefined) return 1
  const ratio = Number(text)
  if (ratio >= 0 && ratio <= 1) return ratio
  sdkEvents.invalidSetting('OTEL_TRACES_SAMPLER_ARG', text, 'a number from 0 to 1', 'it is ignored, 1 is used')
  return 1
}

// Parts of the argument, each with what it takes.
const jaegerRemoteParts = {
  endpoint: { allowed: 'a URL with http:// or https://', takes: (text: string) => /^https?:\/\/[^/]/.test(text) },
  pollingIntervalMs: {
    allowed: 'milliseconds from 1 to 2147483647',
    takes: (text: string) => /^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= 2 ** 31 - 1,
  },
  initialSamplingRate: {
    allowed: 'a number from 0 to 1',
    takes: (text: string) => text !== '' && Number(text) >= 0 && Number(text) <= 1,
  },
} as const

function readJaegerRemote(): JaegerRemoteSamplerOptions {
  const given = new Map<string, string>()
  for (const part of (readString('OTEL_TRACES_SAMPLER_ARG') ?? '').split(',')) {
    if (part.trim() === '') continue
    const equals = part.indexOf('=')
    const key = part.slice(0, equals === -1 ? part.length : equals).trim()
    const text = equals === -1 ? '' : part.slice(equals + 1).trim()
    const known = Object.hasOwn(jaegerRemoteParts, key)
      ? jaegerRemoteParts[key as keyof typeof jaegerRemoteParts]
      : { allowed: Object.keys(jaegerRemoteParts).join(', '), takes: () => false }
    if (known.takes(text)) given.set(key, text)
    else {
      sdkEvents.invalidSetting(
        `OTEL_TRACES_SAMPLER_ARG ${key}`,
        text,
        known.allowed,
        'it is ignored, the default is used',
      )
    }
  }
  const options: JaegerRemoteSamplerOptions = {}
  const endpoint = given.get('endpoint')
  const interval = given.get('pollingIntervalMs')
  const rate = given.get('initialSamplingRate')
  if (endpoint !== undefined) options.endpoint = endpoint
  if (interval !== undefined) options.pollingIntervalMillis = Number(interval)
  if (rate !== undefined) options.initialSampler = new TraceIdRatioBasedSampler(Number(rate))
  return options
}

/** Limits of spans from the environment. */
export function environmentSpanLimits(): SpanLimits {
  return given({
    attributeValueLengthLimit: 'OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT',
    attributeCountLimit: 'OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT',
    eventCountLimit: 'OTEL_SPAN_EVENT_COUNT_LIMIT',
    linkCountLimit: 'OTEL_SPAN_LINK_COUNT_LIMIT',
    attributePerEventCountLimit: 'OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT',
    attributePerLinkCountLimit: 'OTEL_LINK_ATTRIBUTE_COUNT_LIMIT',
  })
}

/** Limits of attributes in general from the environment. */
export function environmentGeneralLimits(): GeneralLimits {
  return given({
    attributeValueLengthLimit: 'OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT',
    attributeCountLimit: 'OTEL_ATTRIBUTE_COUNT_LIMIT',
  })
}

function given<K extends string>(names: Readonly<Record<K, NumberName>>): Partial<Record<K, number>> {
  const limits: Partial<Record<K, number>> = {}
  for (const key of Object.keys(names) as K[]) {
    const value = readNumber(names[key])
    if (value !== undefined) limits[key] = value
  }
  return limits
}

// SPDX-License-Identifier: Apache-2.0
import type { Sampler } from '@otel-ts/api'
import { sdkEvents } from '../events.ts'
import type { GeneralLimits, SpanLimits } from '../trace/limits.ts'
import { AlwaysOffSampler, AlwaysOnSampler, ParentBasedSampler, TraceIdRatioBasedSampler } from '../trace/samplers.ts'
import { readEnum, readNumber, readString } from './read.ts'
import type { NumberName } from './table.ts'

/** The sampler that `OTEL_TRACES_SAMPLER` and its argument name; ParentBased over AlwaysOn when they name none. */
export function environmentSampler(): Sampler {
  switch (readEnum('OTEL_TRACES_SAMPLER')) {
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

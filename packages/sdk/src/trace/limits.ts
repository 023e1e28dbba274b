// SPDX-License-Identifier: Apache-2.0

/** Most that a span holds; what is over is dropped and counted on the span. */
export interface SpanLimits {
  /** Characters of a string and bytes of a byte array, also inside arrays and maps. Default: no limit. */
  attributeValueLengthLimit?: number
  /** Attributes of a span. Default 128. */
  attributeCountLimit?: number
  /** Levels of arrays and maps in a value; deeper ones become empty. Default 64. */
  attributeValueDepthLimit?: number
  /** Events of a span; the oldest make room. Default 128. */
  eventCountLimit?: number
  /** Links of a span; the oldest make room. Default 128. */
  linkCountLimit?: number
  /** Attributes of one event. Default 128. */
  attributePerEventCountLimit?: number
  /** Attributes of one link. Default 128. */
  attributePerLinkCountLimit?: number
}

/** {@link SpanLimits} with every default filled in. */
export type ResolvedSpanLimits = Readonly<Required<SpanLimits>>

/** Limits of attributes in general, for models that have none of their own. */
export interface GeneralLimits {
  /** Default: no limit. */
  attributeValueLengthLimit?: number
  /** Default 128. */
  attributeCountLimit?: number
}

/** The specification's defaults. */
export const defaultSpanLimits: ResolvedSpanLimits = {
  attributeValueLengthLimit: Number.POSITIVE_INFINITY,
  attributeCountLimit: 128,
  attributeValueDepthLimit: 64,
  eventCountLimit: 128,
  linkCountLimit: 128,
  attributePerEventCountLimit: 128,
  attributePerLinkCountLimit: 128,
}

/** Fills in limits: those of the model win over the general ones, which win over the defaults. Unusable values count as not given. */
export function resolveSpanLimits(given: SpanLimits = {}, general: GeneralLimits = {}): ResolvedSpanLimits {
  const d = defaultSpanLimits
  return {
    attributeValueLengthLimit: pick(
      given.attributeValueLengthLimit,
      pick(general.attributeValueLengthLimit, d.attributeValueLengthLimit),
    ),
    attributeCountLimit: pick(given.attributeCountLimit, pick(general.attributeCountLimit, d.attributeCountLimit)),
    attributeValueDepthLimit: pick(given.attributeValueDepthLimit, d.attributeValueDepthLimit),
    eventCountLimit: pick(given.eventCountLimit, d.eventCountLimit),
    linkCountLimit: pick(given.linkCountLimit, d.linkCountLimit),
    attributePerEventCountLimit: pick(given.attributePerEventCountLimit, d.attributePerEventCountLimit),
    attributePerLinkCountLimit: pick(given.attributePerLinkCountLimit, d.attributePerLinkCountLimit),
  }
}

function pick(value: number | undefined, fallback: number): number {
  return typeof value === 'number' && value >= 0 ? value : fallback
}

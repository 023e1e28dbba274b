// SPDX-License-Identifier: Apache-2.0
import { type Condition, parseDuration, type TraceQuery } from '@otel-ts/store'
import { type Parameters, refused, shown } from '../server/parameters.ts'

const defaultLimit = 100
const maxLimit = 1000
const lookbackNanos: Readonly<Record<string, bigint>> = {
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
  d: 86_400_000_000_000n,
  w: 604_800_000_000_000n,
}

/**
 * A search of Jaeger's as the store asks it. Service, operation, tags and durations are asked of one span, as Jaeger
 * does. Without `start`, `end` and `lookback` all that is held is searched.
 */
export function jaegerQuery(parameters: Parameters, nowUnixNano: () => bigint): TraceQuery {
  const service = parameters.text('service')
  if (service === undefined) throw refused("parameter 'service', which is missing", 'a search needs it')
  const conditions: Condition[] = [{ field: 'service', op: '=', value: service }]
  const operation = parameters.text('operation')
  if (operation !== undefined && operation !== 'all') conditions.push({ field: 'name', op: '=', value: operation })
  const least = duration(parameters, 'minDuration')
  const most = duration(parameters, 'maxDuration')
  if (least !== undefined && most !== undefined && most < least) {
    throw refused('maxDuration below minDuration', "'maxDuration' should be greater than 'minDuration'")
  }
  if (least !== undefined) conditions.push({ field: 'duration', op: '>=', value: least })
  if (most !== undefined) conditions.push({ field: 'duration', op: '<=', value: most })
  for (const [key, value] of readTags(parameters)) conditions.push(tagCondition(key, value))

  const limit = parameters.count('limit', 1, 999_999_999) ?? defaultLimit
  const query: TraceQuery = { conditions, limit: Math.min(limit, maxLimit) }
  const start = micros(parameters, 'start')
  const end = micros(parameters, 'end')
  const lookback = lookbackOf(parameters)
  if (start !== undefined) query.fromUnixNano = start
  else if (lookback !== undefined) query.fromUnixNano = (end ?? nowUnixNano()) - lookback
  if (end !== undefined) query.toUnixNano = end + 1000n
  return query
}

/** Tags under which Jaeger shows what are fields of a span here. */
function tagCondition(key: string, value: string): Condition {
  switch (key) {
    case 'error':
      return { field: 'status', op: value === 'true' ? '=' : '!=', value: 'error' }
    case 'span.kind':
      return { field: 'kind', op: 'contains', value }
    case 'otel.status_code':
      return { field: 'status', op: 'contains', value }
    case 'otel.scope.name':
    case 'otel.library.name':
      return { field: 'scope.name', op: '=', value }
    default:
      return { field: `any.${key}`, op: '=', value }
  }
}

/** `tag=key:value`, several times, and `tags={"key":"value"}`. */
function readTags(parameters: Parameters): Map<string, string> {
  const tags = new Map<string, string>()
  for (const tag of parameters.all('tag')) {
    const colon = tag.indexOf(':')
    if (colon < 1) throw refused(`parameter 'tag' ${shown(tag)}`, 'expected key:value')
    tags.set(tag.slice(0, colon), tag.slice(colon + 1))
  }
  for (const text of parameters.all('tags')) {
    if (text === '') continue
    const object = parseObject(text)
    for (const key of Object.keys(object)) {
      const value = object[key]
      if (key === '' || (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean')) {
        throw refused(`parameter 'tags' ${shown(text)}`, 'expected a JSON object whose values are strings')
      }
      tags.set(key, String(value))
    }
  }
  if (tags.size > 64) throw refused(`${tags.size} tags`, 'at most 64 are allowed')
  return tags
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  } catch {
    // Falls through to the refusal, which says more than the parser's message.
  }
  throw refused(`parameter 'tags' ${shown(text)}`, 'expected a JSON object such as {"http.status_code":"500"}')
}

function duration(parameters: Parameters, name: string): bigint | undefined {
  const value = parameters.text(name)
  if (value === undefined) return undefined
  const nanos = parseDuration(value)
  if (nanos !== undefined) return nanos
  throw refused(`parameter '${name}' ${shown(value)}`, 'expected a duration with a unit: ns, us, ms, s, m, h')
}

function micros(parameters: Parameters, name: string): bigint | undefined {
  const value = parameters.text(name)
  if (value === undefined) return undefined
  if (/^\d{1,17}$/.test(value)) return BigInt(value) * 1000n
  throw refused(`parameter '${name}' ${shown(value)}`, 'expected microseconds since 1970')
}

function lookbackOf(parameters: Parameters): bigint | undefined {
  const value = parameters.text('lookback')
  // The UI says `custom` when it also sends start and end.
  if (value === undefined || value === 'custom') return undefined
  const match = /^(\d{1,9})(ms|s|m|h|d|w)$/.exec(value)
  if (match === null) throw refused(`parameter 'lookback' ${shown(value)}`, 'expected such as 1h, 2d or custom')
  return BigInt(match[1]!) * lookbackNanos[match[2]!]!
}

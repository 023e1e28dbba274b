// SPDX-License-Identifier: Apache-2.0
import type { Resource } from '../resource/resource.ts'
import type { InstrumentationScope, ReadableSpan } from '../trace/readable-span.ts'

/** Spans of one scope, in the order in which they ended. */
export interface ScopeGroup {
  readonly scope: InstrumentationScope
  readonly spans: ReadableSpan[]
}

/** Scopes of one resource. */
export interface ResourceGroup {
  readonly resource: Resource
  readonly scopes: ScopeGroup[]
}

/** Sorts a batch into the levels that OTLP has. No group is ever empty. */
export function groupSpans(spans: readonly ReadableSpan[]): ResourceGroup[] {
  const groups: ResourceGroup[] = []
  const byResource = new Map<Resource, Map<InstrumentationScope, ScopeGroup>>()
  let last: ScopeGroup | undefined
  let lastResource: Resource | undefined
  for (let i = 0; i < spans.length; i++) {
    const span = spans[i]!
    const { resource, instrumentationScope: scope } = span
    if (last !== undefined && last.scope === scope && lastResource === resource) {
      last.spans.push(span)
      continue
    }
    let byScope = byResource.get(resource)
    if (byScope === undefined) {
      byResource.set(resource, (byScope = new Map()))
      groups.push({ resource, scopes: [] })
    }
    let group = byScope.get(scope)
    if (group === undefined) {
      byScope.set(scope, (group = { scope, spans: [] }))
      groups.find((candidate) => candidate.resource === resource)!.scopes.push(group)
    }
    group.spans.push(span)
    last = group
    lastResource = resource
  }
  return groups
}

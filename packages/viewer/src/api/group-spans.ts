// SPDX-License-Identifier: Apache-2.0
import type { Resource, ResourceSpans } from '@otel-ts/otlp'
import type { StoredSpan } from '@otel-ts/store'

/** Spans grouped as in an export request: by resource, then by scope, in order of appearance. */
export function groupSpans(spans: readonly StoredSpan[]): ResourceSpans[] {
  const groups: ResourceSpans[] = []
  const byResource = new Map<Resource, Map<string, ResourceSpans>>()
  for (const stored of spans) {
    let bySchema = byResource.get(stored.resource)
    if (bySchema === undefined) byResource.set(stored.resource, (bySchema = new Map()))
    let group = bySchema.get(stored.resourceSchemaUrl)
    if (group === undefined) {
      group = { resource: stored.resource, scopeSpans: [], schemaUrl: stored.resourceSchemaUrl }
      bySchema.set(stored.resourceSchemaUrl, group)
      groups.push(group)
    }
    let scopeSpans = group.scopeSpans.find(
      ({ scope, schemaUrl }) => scope === stored.scope && schemaUrl === stored.scopeSchemaUrl,
    )
    if (scopeSpans === undefined) {
      scopeSpans = { scope: stored.scope, spans: [], schemaUrl: stored.scopeSchemaUrl }
      group.scopeSpans.push(scopeSpans)
    }
    scopeSpans.spans.push(stored.span)
  }
  return groups
}

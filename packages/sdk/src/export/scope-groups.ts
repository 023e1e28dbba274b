// SPDX-License-Identifier: Apache-2.0
import type { Resource } from '../resource/resource.ts'
import type { InstrumentationScope } from '../trace/readable-span.ts'

/** What a span and a log record say of where they come from. */
export interface Scoped {
  readonly resource: Resource
  readonly instrumentationScope: InstrumentationScope
}

/** Items of one scope, in the order in which they came. */
export interface ScopeGroup<Item> {
  readonly scope: InstrumentationScope
  readonly items: Item[]
}

/** Scopes of one resource. */
export interface ResourceGroup<Item> {
  readonly resource: Resource
  readonly scopes: ScopeGroup<Item>[]
}

/** Sorts a batch into the levels that OTLP has. No group is ever empty. */
export function groupByScope<Item extends Scoped>(items: readonly Item[]): ResourceGroup<Item>[] {
  const groups: ResourceGroup<Item>[] = []
  const byResource = new Map<Resource, Map<InstrumentationScope, ScopeGroup<Item>>>()
  let last: ScopeGroup<Item> | undefined
  let lastResource: Resource | undefined
  for (let i = 0; i < items.length; i++) {
    const item = items[i]!
    const { resource, instrumentationScope: scope } = item
    if (last !== undefined && last.scope === scope && lastResource === resource) {
      last.items.push(item)
      continue
    }
    let byScope = byResource.get(resource)
    if (byScope === undefined) {
      byResource.set(resource, (byScope = new Map()))
      groups.push({ resource, scopes: [] })
    }
    let group = byScope.get(scope)
    if (group === undefined) {
      byScope.set(scope, (group = { scope, items: [] }))
      groups.find((candidate) => candidate.resource === resource)!.scopes.push(group)
    }
    group.items.push(item)
    last = group
    lastResource = resource
  }
  return groups
}

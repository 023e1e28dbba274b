// SPDX-License-Identifier: Apache-2.0
import type { Component, ComponentEntry, ComponentKind } from './component.ts'

/** Components of this package. A component that is not finished is not here. */
export const standardComponents: readonly ComponentEntry[] = [
  {
    kind: 'receiver',
    type: 'otlp',
    aliases: [],
    load: async () => (await import('./receivers/otlp/receiver.ts')).otlpReceiver,
  },
  {
    kind: 'receiver',
    type: 'nop',
    aliases: [],
    load: async () => (await import('./receivers/nop/receiver.ts')).nopReceiver,
  },
  {
    kind: 'processor',
    type: 'batch',
    aliases: [],
    load: async () => (await import('./processors/batch/processor.ts')).batchProcessor,
  },
  {
    kind: 'processor',
    type: 'memory_limiter',
    aliases: [],
    load: async () => (await import('./processors/memory_limiter/processor.ts')).memoryLimiterProcessor,
  },
  {
    kind: 'exporter',
    type: 'debug',
    aliases: [],
    load: async () => (await import('./exporters/debug/exporter.ts')).debugExporter,
  },
  {
    kind: 'exporter',
    type: 'file',
    aliases: [],
    load: async () => (await import('./exporters/file/exporter.ts')).fileExporter,
  },
  {
    kind: 'exporter',
    type: 'nop',
    aliases: [],
    load: async () => (await import('./exporters/nop/exporter.ts')).nopExporter,
  },
  {
    kind: 'exporter',
    type: 'otlp_grpc',
    aliases: ['otlp'],
    load: async () => (await import('./exporters/otlp_grpc/exporter.ts')).otlpGrpcExporter,
  },
  {
    kind: 'exporter',
    type: 'otlp_http',
    aliases: ['otlphttp'],
    load: async () => (await import('./exporters/otlp_http/exporter.ts')).otlpHttpExporter,
  },
]

/** The components that a configuration may name. */
export interface ComponentCatalog {
  readonly entries: readonly ComponentEntry[]
  /** By type or alias; `alias` says that an older name was used. */
  find(kind: ComponentKind, type: string): { readonly entry: ComponentEntry; readonly alias: boolean } | undefined
  /** Types of a kind, sorted, without aliases. */
  types(kind: ComponentKind): string[]
}

/**
 * The standard components and `more`; one of `more` replaces a standard one of the same kind and type.
 *
 * @example
 * ```ts
 * import { createCatalog } from '@otel-ts/collector'
 * console.log(createCatalog().find('exporter', 'otlphttp')?.entry.type) // otlp_http
 * ```
 */
export function createCatalog(more: readonly ComponentEntry[] = []): ComponentCatalog {
  const byName = new Map<string, { entry: ComponentEntry; alias: boolean }>()
  const entries = [
    ...standardComponents.filter(({ kind, type }) => !more.some((one) => one.kind === kind && one.type === type)),
    ...more,
  ]
  for (const entry of entries) {
    byName.set(`${entry.kind} ${entry.type}`, { entry, alias: false })
    for (const alias of entry.aliases) byName.set(`${entry.kind} ${alias}`, { entry, alias: true })
  }
  return {
    entries,
    find: (kind, type) => byName.get(`${kind} ${type}`),
    types: (kind) =>
      entries
        .filter((entry) => entry.kind === kind)
        .map((entry) => entry.type)
        .toSorted(),
  }
}

/**
 * Loads every component: for `components` and for documentation, not for running.
 *
 * @example
 * ```ts
 * import { listComponents } from '@otel-ts/collector'
 * const exporters = (await listComponents()).filter(({ kind }) => kind === 'exporter')
 * console.log(exporters.map(({ type }) => type).join(' ')) // debug file nop otlp_grpc otlp_http
 * ```
 */
export async function listComponents(catalog: ComponentCatalog = createCatalog()): Promise<Component[]> {
  return Promise.all(catalog.entries.map((entry) => entry.load()))
}

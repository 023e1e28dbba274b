// SPDX-License-Identifier: Apache-2.0
import type { ComponentEntry, ExporterComponent } from '@otel-ts/collector'
import { object } from '@otel-ts/confmap'
import type { Store } from '@otel-ts/store'

/**
 * Joins the Collector and the store: the exporter `store` ingests every batch into `store`. Neither package knows the
 * other. The store is its owner's; it is not closed here.
 */
export function storeExporter(store: Store): ComponentEntry {
  const component: ExporterComponent<object> = {
    kind: 'exporter',
    type: 'store',
    aliases: [],
    description: 'Keeps telemetry in the embedded store, where the viewer finds it.',
    stability: { traces: 'alpha', metrics: 'alpha', logs: 'alpha' },
    config: object({}),
    create: () => ({ consume: (batch) => store.ingest(batch) }),
  }
  return {
    kind: 'exporter',
    type: 'store',
    aliases: [],
    load: () => Promise.resolve(component as ExporterComponent<unknown>),
  }
}

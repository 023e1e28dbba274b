// SPDX-License-Identifier: Apache-2.0
import type { ExporterComponent } from '../../component.ts'
import { nopConfig } from './config.ts'

/** Takes everything and forgets it. */
export const nopExporter: ExporterComponent<object> = {
  kind: 'exporter',
  type: 'nop',
  aliases: [],
  description: 'Takes everything and forgets it.',
  stability: { traces: 'beta', metrics: 'beta', logs: 'beta' },
  config: nopConfig,
  create: (_, { events }) => ({
    async consume({ signal, itemCount }) {
      events.sent({ signal, itemCount })
    },
  }),
}

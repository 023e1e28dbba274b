// SPDX-License-Identifier: Apache-2.0
import type { ReceiverComponent } from '../../component.ts'
import { nopConfig } from './config.ts'

/** Receives nothing: keeps a pipeline valid while its real receiver is missing. */
export const nopReceiver: ReceiverComponent<object> = {
  kind: 'receiver',
  type: 'nop',
  aliases: [],
  description: 'Receives nothing; stands in where a pipeline needs a receiver.',
  stability: { traces: 'beta', metrics: 'beta', logs: 'beta' },
  config: nopConfig,
  create: () => ({}),
}

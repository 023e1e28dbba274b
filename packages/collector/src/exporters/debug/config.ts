// SPDX-License-Identifier: Apache-2.0
import { boolean, field, type Infer, integer, list, object, oneOf, refused } from '@otel-ts/confmap'

export const debugConfig = object({
  verbosity: field(oneOf(['basic', 'normal', 'detailed'], { ignoreCase: true }), {
    default: 'basic',
    description: '`basic`: one line a batch; `normal`: one line an item; `detailed`: every field.',
  }),
  sampling_initial: field(integer({ min: 0 }), {
    default: 2,
    description: 'Batches printed in each second before sampling begins.',
  }),
  sampling_thereafter: field(integer({ min: 0 }), {
    default: 1,
    description: 'Of those after, every n-th is printed; 1 = all, 0 = none.',
  }),
  use_internal_logger: field(boolean(), {
    default: true,
    description: "Whether output goes through the Collector's log; otherwise plainly to `output_paths`.",
  }),
  output_paths: field(list(oneOf(['stdout', 'stderr']), { min: 1 }), {
    default: ['stdout'],
    description: 'Where output goes without `use_internal_logger`.',
  }),
  sending_queue: refused('printing needs no queue', [{ enabled: false }]),
  output: refused('all parts are printed'),
})

export type DebugConfig = Infer<typeof debugConfig>

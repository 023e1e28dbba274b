// SPDX-License-Identifier: Apache-2.0
import { boolean, durationMillis, field, type Infer, integer, list, object, string } from '@otel-ts/confmap'
import { duplicateKey } from '../../sending/config.ts'

export const batchConfig = object(
  {
    send_batch_size: field(integer({ min: 0 }), {
      default: 8192,
      description: 'Items (spans, data points, log records) from which on a batch is sent; 0 = at once.',
    }),
    timeout: field(durationMillis({ min: '0s' }), {
      default: 200,
      description: 'Time after which a batch is sent whatever its size; 0 = at once.',
    }),
    send_batch_max_size: field(integer({ min: 0 }), {
      default: 0,
      description: 'Items above which a batch is split; 0 = no limit.',
    }),
    metadata_keys: field(list(string()), {
      default: [],
      description:
        'Requests that differ in these headers are batched apart (the receiver needs `include_metadata`); only these headers go on.',
    }),
    metadata_cardinality_limit: field(integer({ min: 0 }), {
      default: 1000,
      description: 'Different header values that may wait at one time; 0 = no limit. Further ones are refused.',
    }),
    wait_for_result: field(boolean(), {
      default: false,
      description:
        'Whether a request is acknowledged only when its data has reached the next owner, instead of on entry. Ours, not upstream’s.',
    }),
  },
  (value, scope, locate) => {
    const { send_batch_size, send_batch_max_size, metadata_keys } = value
    if (send_batch_max_size > 0 && send_batch_max_size < send_batch_size) {
      const message = `must be greater or equal to send_batch_size ${send_batch_size}, got ${send_batch_max_size}`
      scope.at('send_batch_max_size').problem('CONFIG_VALUE', locate('send_batch_max_size'), message)
    }
    const twice = duplicateKey(metadata_keys)
    if (twice !== undefined) {
      const message = `duplicate entry in metadata_keys: ${JSON.stringify(twice)} (upper and lower case are the same)`
      scope.at('metadata_keys').problem('CONFIG_VALUE', locate('metadata_keys'), message)
    }
  },
)

export type BatchConfig = Infer<typeof batchConfig>

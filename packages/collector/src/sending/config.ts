// SPDX-License-Identifier: Apache-2.0
import {
  boolean,
  byteSize,
  durationMillis,
  type Field,
  field,
  type Infer,
  integer,
  list,
  number,
  object,
  oneOf,
  optionalSection,
  refused,
  section,
  string,
} from '@otel-ts/confmap'

/** Keys of a partition are header names, which know no case. */
export function duplicateKey(keys: readonly string[]): string | undefined {
  const seen = new Set<string>()
  for (const key of keys) {
    if (seen.has(key.toLowerCase())) return key
    seen.add(key.toLowerCase())
  }
  return undefined
}

const queueBatchSchema = object(
  {
    flush_timeout: field(durationMillis({ min: '1ns' }), { default: 200, description: 'Longest wait of a request.' }),
    min_size: field(integer({ min: 0 }), { default: 8192, description: 'Size from which on a batch is sent.' }),
    max_size: field(integer({ min: 0 }), {
      default: 0,
      description: 'Size above which a batch is split; 0 = no limit.',
    }),
    sizer: field(oneOf(['items', 'bytes']), {
      description: "Unit of the sizes: the queue's, if that is set, or items.",
    }),
    partition: section(
      object({
        metadata_keys: field(list(string()), {
          default: [],
          description: 'Requests that differ in these headers are batched apart.',
        }),
      }),
      'How requests are kept apart.',
    ),
  },
  (value, scope, locate) => {
    if (value.max_size > 0 && value.max_size < value.min_size) {
      const at = scope.at('max_size')
      at.problem(
        'CONFIG_VALUE',
        locate('max_size'),
        `expected at least min_size ${value.min_size}, got ${value.max_size}`,
      )
    }
    const twice = duplicateKey(value.partition.metadata_keys)
    if (twice !== undefined) {
      const at = scope.at('partition').at('metadata_keys')
      const message = `duplicate entry ${JSON.stringify(twice)} (upper and lower case are the same)`
      at.problem('CONFIG_VALUE', locate('partition', 'metadata_keys'), message)
    }
  },
)

const queueSchema = object(
  {
    enabled: field(boolean(), {
      default: true,
      description: 'Whether requests wait in a queue, acknowledged on entry.',
    }),
    num_consumers: field(integer({ min: 1 }), { default: 10, description: 'Requests under way at once.' }),
    queue_size: field(integer({ min: 1 }), {
      default: 1000,
      description: 'Size at which the queue is full, in units of `sizer`.',
    }),
    sizer: field(oneOf(['requests', 'items', 'bytes']), {
      description: 'What `queue_size` counts: requests (default), items (spans, points, records) or bytes.',
    }),
    queue_bytes: field(byteSize({ min: 1 }), {
      default: 256 * 1024 * 1024,
      description: 'Size in bytes at which the queue is full whatever `sizer` says. Ours, not upstream’s.',
    }),
    block_on_overflow: field(boolean(), {
      default: false,
      description: 'Whether senders wait for room instead of being refused when the queue is full.',
    }),
    wait_for_result: field(boolean(), {
      default: false,
      description: 'Whether senders wait until their data has been sent.',
    }),
    batch: optionalSection(queueBatchSchema, { description: 'Merges waiting requests.', whenNull: 'present' }),
    storage: refused('there is no persistent queue yet; the queue is in memory'),
  },
  (value, scope, locate) => {
    const { batch } = value
    if (batch === undefined || unitOf(value) !== batchUnitOf(value) || batch.min_size <= value.queue_size) return
    const message = `min_size ${batch.min_size} is larger than queue_size ${value.queue_size}; the queue would be full before a batch is`
    scope.at('batch').at('min_size').problem('CONFIG_VALUE', locate('batch', 'min_size'), message)
  },
)

const retrySchema = object(
  {
    enabled: field(boolean(), { default: true, description: 'Whether failed requests are sent again.' }),
    initial_interval: field(durationMillis({ min: '0s' }), { default: 5000, description: 'First wait.' }),
    randomization_factor: field(number({ min: 0, max: 1 }), {
      default: 0.5,
      description: 'Each wait varies at random by up to this share.',
    }),
    multiplier: field(number({ min: 0 }), { default: 1.5, description: 'Factor from one wait to the next.' }),
    max_interval: field(durationMillis({ min: '0s' }), { default: 30_000, description: 'Longest wait.' }),
    max_elapsed_time: field(durationMillis({ min: '0s' }), {
      default: 300_000,
      description: 'Time after which a request is given up; 0 = never.',
    }),
  },
  (value, scope, locate) => {
    if (!value.enabled || value.max_elapsed_time === 0) return
    for (const key of ['initial_interval', 'max_interval'] as const) {
      if (value.max_elapsed_time >= value[key]) continue
      const message = `max_elapsed_time must not be less than ${key}`
      scope.at('max_elapsed_time').problem('CONFIG_VALUE', locate('max_elapsed_time'), message)
    }
  },
)

/** `sending_queue`, as every sending exporter has it in its schema; see {@link createSending}. */
export const queueField = section(queueSchema, 'Where requests wait until they are sent.')
/** `retry_on_failure`, as every sending exporter has it in its schema; see {@link createSending}. */
export const retryField = section(retrySchema, 'How failed requests are repeated.')

/** `timeout`: time limit of one try, in milliseconds. */
export function timeoutField(defaultMillis: number): Field<number> {
  return field(durationMillis({ min: '0s' }), {
    default: defaultMillis,
    description: 'Time limit of one try; 0 = none.',
  })
}

export type QueueConfig = Infer<typeof queueSchema>
export type RetryConfig = Infer<typeof retrySchema>

/** What `queue_size` counts. */
export function unitOf(queue: Pick<QueueConfig, 'sizer'>): 'requests' | 'items' | 'bytes' {
  return queue.sizer ?? 'requests'
}

/** What the sizes of `batch` count: its own unit, else the queue's where that can be one, else items. */
export function batchUnitOf(queue: Pick<QueueConfig, 'sizer' | 'batch'>): 'items' | 'bytes' {
  return queue.batch?.sizer ?? (queue.sizer === 'bytes' ? 'bytes' : 'items')
}

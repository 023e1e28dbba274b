// SPDX-License-Identifier: Apache-2.0
import { durationMillis, field, type Infer, integer, object, refused, required } from '@otel-ts/confmap'

const noCollection = 'the limit counts the bytes of held telemetry, which no garbage collection frees'

export const memoryLimiterConfig = object(
  {
    check_interval: required(
      durationMillis({ min: '1ns' }),
      'How often total memory is read again for the percentages, and recovery is logged. Every request is checked.',
    ),
    limit_mib: field(integer({ min: 0 }), {
      default: 0,
      description: 'Bytes of held telemetry that are never exceeded, in MiB. Wins over `limit_percentage`.',
    }),
    spike_limit_mib: field(integer({ min: 0 }), {
      default: 0,
      description: 'Distance below the limit at which refusing begins, in MiB; 0 = a fifth of the limit.',
    }),
    limit_percentage: field(integer({ min: 0, max: 100 }), {
      default: 0,
      description: 'The limit as a share of total memory (of the cgroup, when it has a limit).',
    }),
    spike_limit_percentage: field(integer({ min: 0, max: 100 }), {
      default: 0,
      description: 'The distance as a share of total memory; 0 = a fifth of the limit.',
    }),
    min_gc_interval_when_soft_limited: refused(noCollection, ['10s']),
    min_gc_interval_when_hard_limited: refused(noCollection, ['0s', 0]),
    max_gc_interval_when_soft_limited: refused(noCollection, ['30s']),
    max_gc_interval_when_hard_limited: refused(noCollection, ['30s']),
  },
  (value, scope, locate) => {
    const { limit_mib, spike_limit_mib, limit_percentage, spike_limit_percentage } = value
    if (limit_mib === 0 && limit_percentage === 0) {
      scope.problem('CONFIG_REQUIRED', locate(), "'limit_mib' or 'limit_percentage' must be greater than zero")
    }
    if (limit_mib > 0 && spike_limit_mib >= limit_mib) {
      const message = `must be smaller than limit_mib ${limit_mib}, got ${spike_limit_mib}`
      scope.at('spike_limit_mib').problem('CONFIG_VALUE', locate('spike_limit_mib'), message)
    }
    if (limit_mib === 0 && limit_percentage > 0 && spike_limit_percentage >= limit_percentage) {
      const message = `must be smaller than limit_percentage ${limit_percentage}, got ${spike_limit_percentage}`
      scope.at('spike_limit_percentage').problem('CONFIG_VALUE', locate('spike_limit_percentage'), message)
    }
  },
)

export type MemoryLimiterConfig = Infer<typeof memoryLimiterConfig>

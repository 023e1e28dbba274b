// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict'
import type { Exemplar, Metric, MetricData } from '@otel-ts/otlp'
import { recordsBatch } from '@otel-ts/testkit'
import { beforeEach, describe, test } from 'vitest'
import type { Store } from '../store.ts'
import { createMemoryStore } from './memory-store.ts'

let store: Store

beforeEach(() => {
  store = createMemoryStore()
})

function ingest(service: string, ...metrics: Metric[]): Promise<void> {
  const resource = { attributes: [{ key: 'service.name', value: service }], droppedAttributesCount: 0, entityRefs: [] }
  const scopeMetrics = [{ scope: undefined, metrics, schemaUrl: '' }]
  return store.ingest(recordsBatch('metrics', [{ resource, scopeMetrics, schemaUrl: '' }]))
}

function metric(name: string, data: MetricData | undefined, unit = '1'): Metric {
  return { name, description: `about ${name}`, unit, metadata: [], data }
}

const exemplar: Exemplar = {
  filteredAttributes: [{ key: 'user', value: 'u' }],
  timeUnixNano: 7n,
  value: 2.5,
  spanId: '0102030405060708',
  traceId: '0102030405060708090a0b0c0d0e0f10',
}
const base = { attributes: [{ key: 'route', value: '/' }], startTimeUnixNano: 1n, timeUnixNano: 2n, flags: 1 }
const big = 2n ** 64n - 1n

describe('a point', () => {
  test.each<[string, MetricData]>([
    ['gauge', { type: 'gauge', dataPoints: [{ ...base, value: 1.5, exemplars: [exemplar] }] }],
    ['gauge of nothing', { type: 'gauge', dataPoints: [{ ...base, value: undefined, exemplars: [] }] }],
    [
      'sum',
      {
        type: 'sum',
        dataPoints: [{ ...base, value: -(2n ** 63n), exemplars: [] }],
        aggregationTemporality: 2,
        isMonotonic: true,
      },
    ],
    [
      'histogram',
      {
        type: 'histogram',
        aggregationTemporality: 1,
        dataPoints: [
          {
            ...base,
            count: big,
            sum: 3.5,
            bucketCounts: [0n, 127n, 128n, 2n ** 32n - 2n, 2n ** 32n - 1n, 2n ** 32n, big],
            explicitBounds: [0.1, Number.POSITIVE_INFINITY],
            exemplars: [exemplar],
            min: undefined,
            max: -0.5,
          },
        ],
      },
    ],
    [
      'exponential histogram',
      {
        type: 'exponentialHistogram',
        aggregationTemporality: 1,
        dataPoints: [
          {
            ...base,
            count: 5n,
            sum: undefined,
            scale: -10,
            zeroCount: big,
            positive: { offset: -2_147_483_648, bucketCounts: [1n, big] },
            negative: undefined,
            exemplars: [],
            min: 0,
            max: undefined,
            zeroThreshold: 1e-9,
          },
        ],
      },
    ],
    [
      'summary',
      {
        type: 'summary',
        dataPoints: [{ ...base, count: 3n, sum: 6, quantileValues: [{ quantile: 0.5, value: 2 }] }],
      },
    ],
  ])('of a %s comes back as it came', async (_what, data) => {
    await ingest('s', metric('m', data))
    const [series] = await store.metrics({ name: 'm' })
    assert.deepEqual(series, {
      name: 'm',
      description: 'about m',
      unit: '1',
      type: data.type,
      aggregationTemporality: 'aggregationTemporality' in data ? data.aggregationTemporality : 0,
      isMonotonic: 'isMonotonic' in data && data.isMonotonic,
      service: 's',
      attributes: base.attributes,
      points: data.dataPoints,
    })
  })
})

describe('series', () => {
  const gauge = (value: number, time: bigint, route = '/'): MetricData => ({
    type: 'gauge',
    dataPoints: [{ ...base, attributes: [{ key: 'route', value: route }], timeUnixNano: time, value, exemplars: [] }],
  })

  test('gather their points over batches, oldest first, within the times asked for', async () => {
    await ingest('s', metric('m', gauge(3, 30n)))
    await ingest('s', metric('m', gauge(1, 10n)), metric('m', gauge(9, 10n, '/other')))
    await ingest('t', metric('m', gauge(2, 20n)))
    const values = async (query: object) =>
      (await store.metrics({ name: 'm', ...query })).map(({ service, points }) => [
        service,
        ...points.map((point) => (point as { value: number }).value),
      ])
    assert.deepEqual(await values({}), [
      ['s', 1, 3],
      ['s', 9],
      ['t', 2],
    ])
    assert.deepEqual(await values({ service: 't' }), [['t', 2]])
    assert.deepEqual(await values({ fromUnixNano: 11n, toUnixNano: 30n }), [['t', 2]])
    assert.deepEqual(await values({ fromUnixNano: 10n, toUnixNano: 31n, limit: 1 }), [['s', 1, 3]])
    await assert.rejects(store.metrics({ name: 'm', limit: 0 }), { code: 'STORE_LIMIT' })
  })

  test('are counted by name, unit and type', async () => {
    await ingest('s', metric('b', gauge(1, 1n)), metric('b', gauge(1, 1n, '/x')), metric('a', gauge(1, 1n), 'ms'))
    await ingest('s', metric('none', undefined))
    assert.deepEqual(await store.metricNames(), [
      { name: 'a', unit: 'ms', type: 'gauge', description: 'about a', seriesCount: 1 },
      { name: 'b', unit: '1', type: 'gauge', description: 'about b', seriesCount: 2 },
    ])
    assert.deepEqual(await store.metricNames('t'), [])
    assert.equal((await store.stats()).metricPointCount, 3)
  })
})

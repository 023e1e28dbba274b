// SPDX-License-Identifier: Apache-2.0
// Arms: one collection of 1,000 time series into a request body: six counters, two gauges and two histograms with 15 bounds,
// 100 series each, four attributes.
import assert from 'node:assert/strict'
import { readPointsJson, readPointsProtobuf } from '../harness/otlp-oracle.mjs'
import { seriesAttributes, uniqueSeriesAttributes } from './data.mjs'
import { encoderOf, requireOf } from './encode-requests.mjs'

const seriesCount = 100
const pointCount = 1000

export async function setUp(context) {
  const make = context.data === 'unique' ? uniqueSeriesAttributes : seriesAttributes
  const collected = await collect(requireOf(context), make)
  const encode = await encoderOf(context, 'Metrics')
  const read = context.encoding === 'json' ? readPointsJson : readPointsProtobuf
  return {
    async check() {
      const body = Buffer.concat(await encode(collected))
      const points = read(body)
      assert.equal(points.length, pointCount)
      const expected = collected.scopeMetrics[0].metrics.flatMap(({ descriptor, dataPoints }) =>
        dataPoints.map(({ attributes, value, endTime }) => ({
          name: descriptor.name,
          attributes,
          value: value.buckets?.counts ?? value,
          time: Number(BigInt(endTime[0]) * 1_000_000_000n + BigInt(endTime[1])),
        })),
      )
      assert.deepEqual(points, expected)
      assert.throws(() => read(body.subarray(0, -3)))
    },
    async run(count) {
      for (let i = 0; i < count; i += pointCount) await encode(collected)
    },
  }
}

function collect(require, make) {
  const { MeterProvider, PeriodicExportingMetricReader } = require('@opentelemetry/sdk-metrics')
  const { ValueType } = require('@opentelemetry/api')
  return new Promise((resolve, reject) => {
    const exporter = {
      export(collected, callback) {
        callback({ code: 0 })
        resolve(collected)
      },
      forceFlush: () => Promise.resolve(),
      shutdown: () => Promise.resolve(),
    }
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })
    const provider = new MeterProvider({ readers: [reader] })
    const meter = provider.getMeter('bench', '1.0.0')
    for (let m = 0; m < 10; m++) {
      const options = {
        description: 'What is measured',
        unit: m < 6 ? '{request}' : 's',
        valueType: m < 6 ? ValueType.INT : ValueType.DOUBLE,
      }
      const name = `http.server.metric_${m}`
      for (let i = 0; i < seriesCount; i++) {
        if (m < 6) meter.createCounter(name, options).add(i * 31 + 1, make(m * seriesCount + i))
        else if (m < 8) meter.createGauge(name, options).record(i / 7, make(m * seriesCount + i))
        else
          for (let j = 0; j < 20; j++)
            meter.createHistogram(name, options).record((i * j) % 900, make(m * seriesCount + i))
      }
    }
    provider.forceFlush().catch(reject)
  })
}

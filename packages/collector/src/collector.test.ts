// SPDX-License-Identifier: Apache-2.0
import { object } from '@otel-ts/confmap'
import {
  type Batch,
  batchCounters,
  batchFromBytes,
  batchFromRecords,
  type Consume,
  consumeError,
  encodeTraces,
  type Signal,
} from '@otel-ts/otlp'
import { createOtlpGrpcClient } from '@otel-ts/otlp/client'
import { createOtlpGrpcServer } from '@otel-ts/otlp/server'
import { captureOtlp, fakeClock, logRecord, logsOfService, spanRecord, spansOfService } from '@otel-ts/testkit'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { type Collector, type CollectorOptions, createCollector } from './collector.ts'
import type {
  Component,
  ComponentEntry,
  ConnectorComponent,
  ExporterComponent,
  ExtensionComponent,
  ProcessorComponent,
  ReceiverComponent,
} from './component.ts'
import { createCatalog } from './components.ts'
import { loadConfig } from './config/config.ts'
import type { LogLine } from './self-telemetry/log.ts'

const collectors: Collector[] = []
afterEach(async () => {
  for (const collector of collectors.splice(0)) await collector.shutdown(1000)
})

const entry = (component: Component<object>): ComponentEntry => ({
  kind: component.kind,
  type: component.type,
  aliases: [],
  load: async () => component as Component,
})

async function build(yaml: string, components: Component<object>[] = [], options: Partial<CollectorOptions> = {}) {
  const { config, problems } = await loadConfig({
    sources: [`yaml:${yaml}`],
    environment: {},
    catalog: createCatalog(components.map(entry)),
  })
  expect(problems).toEqual([])
  const lines: LogLine[] = []
  const collector = createCollector({ config: config!, telemetry: { log: (line) => lines.push(line) }, ...options })
  collectors.push(collector)
  return { collector, lines }
}

const declaration = {
  aliases: [],
  description: 'For tests.',
  stability: { traces: 'alpha', metrics: 'alpha', logs: 'alpha' },
  config: object({}),
} as const

/** Components that write down what happens to them, in order. */
function recorders(journal: string[]) {
  const life = (name: string) => ({
    start: async () => void journal.push(`start ${name}`),
    shutdown: async () => void journal.push(`stop ${name}`),
  })
  const inlets = new Map<string, Partial<Record<Signal, Consume>>>()
  const receiver: ReceiverComponent<object> = {
    ...declaration,
    kind: 'receiver',
    type: 'in',
    create: (_, { id }, next) => {
      inlets.set(id, next)
      journal.push(`create ${id}`)
      return life(id)
    },
  }
  const processor: ProcessorComponent<object> = {
    ...declaration,
    kind: 'processor',
    type: 'step',
    create: (_, { id, pipeline }, signal, next) => {
      journal.push(`create ${id}@${pipeline}`)
      return { ...life(`${id}@${pipeline}`), consume: next, signal }
    },
  }
  const received: [string, Batch][] = []
  const exporter: ExporterComponent<object> = {
    ...declaration,
    kind: 'exporter',
    type: 'out',
    create: (_, { id }) => {
      journal.push(`create ${id}`)
      return { ...life(id), consume: async (batch) => void received.push([id, batch]) }
    },
  }
  const connector: ConnectorComponent<object> = {
    ...declaration,
    kind: 'connector',
    type: 'join',
    joins: [['traces', 'traces']],
    create: (_, { id }, { bySignal, byPipeline }) => {
      journal.push(`create ${id} -> ${[...byPipeline.keys()]}`)
      return { ...life(id), consume: bySignal.traces! }
    },
  }
  const extension: ExtensionComponent<object> = {
    ...declaration,
    kind: 'extension',
    type: 'ext',
    create: (_, { id }) => {
      journal.push(`create ${id}`)
      return life(id)
    },
  }
  return { components: [receiver, processor, exporter, connector, extension], inlets, received }
}

const context = { metadata: new Map<string, string[]>(), signal: new AbortController().signal }
const traces = (...names: string[]): Batch =>
  batchFromRecords('traces', [
    spansOfService(
      'shop',
      names.map((name) => spanRecord({ name })),
    ),
  ])

describe('graph', () => {
  const shape = `{receivers: {in: , in/2: }, processors: {step: }, exporters: {out: , out/2: }, connectors: {join: }, extensions: {ext: },
    service: {extensions: [ext], pipelines: {
      traces/a: {receivers: [in, in/2], processors: [step], exporters: [out, join]},
      traces/b: {receivers: [in, join], processors: [step], exporters: [out, out/2]},
      logs: {receivers: [in/2], processors: [step], exporters: [out]}}}}`

  test('makes one instance a receiver and exporter, one a pipeline and processor', async () => {
    const journal: string[] = []
    await build(shape, recorders(journal).components)
    expect(journal.toSorted()).toEqual(
      [
        'create ext',
        'create out',
        'create out/2',
        'create step@traces/a',
        'create step@traces/b',
        'create step@logs',
        'create join -> traces/b',
        'create in',
        'create in/2',
      ].toSorted(),
    )
  })

  test('starts extensions, exporters, then towards the receivers, and stops the other way round', async () => {
    const journal: string[] = []
    const { collector } = await build(shape, recorders(journal).components)
    journal.length = 0
    await collector.start()
    const starts = journal.splice(0)
    expect(starts).toEqual(
      ['ext', 'out', 'out/2', 'step@traces/b', 'join', 'step@traces/a', 'step@logs', 'in', 'in/2'].map(
        (name) => `start ${name}`,
      ),
    )
    await collector.shutdown()
    expect(journal).toEqual(starts.map((line) => line.replace('start', 'stop')).toReversed())
  })

  test('a batch reaches every exporter once for each way to it, as the same value', async () => {
    const { components, inlets, received } = recorders([])
    const { collector } = await build(shape, components)
    await collector.start()
    const batch = traces('x')
    await inlets.get('in')!.traces!(batch, context)
    expect(received.map(([id]) => id).toSorted()).toEqual(['out', 'out', 'out', 'out/2', 'out/2'])
    expect(received.every(([, own]) => own === batch)).toBe(true)
    expect([Object.keys(inlets.get('in')!), Object.keys(inlets.get('in/2')!)]).toEqual([['traces'], ['traces', 'logs']])
  })

  test('one exporter that refuses makes the receiver refuse; the other has the batch', async () => {
    const { components, inlets, received } = recorders([])
    const failing: ExporterComponent<object> = {
      ...declaration,
      kind: 'exporter',
      type: 'fails',
      create: () => ({ consume: () => Promise.reject(consumeError('OTLP_UNAVAILABLE', 'later', { retryable: true })) }),
    }
    const { collector } = await build(
      '{receivers: {in: }, exporters: {out: , fails: }, service: {pipelines: {traces: {receivers: [in], exporters: [out, fails]}}}}',
      [...components, failing],
    )
    await collector.start()
    await expect(inlets.get('in')!.traces!(traces('x'), context)).rejects.toMatchObject({ retryable: true })
    expect(received.length).toBe(1)
  })
})

describe('start and shutdown', () => {
  const simple =
    '{receivers: {in: }, exporters: {out: }, service: {pipelines: {traces: {receivers: [in], exporters: [out]}}}}'

  test('a component that cannot start stops those already started and says which it was', async () => {
    const journal: string[] = []
    const { components } = recorders(journal)
    const broken: ReceiverComponent<object> = {
      ...declaration,
      kind: 'receiver',
      type: 'in',
      create: () => ({ start: () => Promise.reject(new Error('address in use')) }),
    }
    const { collector } = await build(simple, [...components.filter(({ type }) => type !== 'in'), broken])
    await expect(collector.start()).rejects.toMatchObject({
      code: 'COLLECTOR_START',
      message: 'failed to start "in" receiver: address in use',
    })
    expect(journal.filter((line) => !line.startsWith('create'))).toEqual(['start out', 'stop out'])
  })

  test('a component that throws while it is made is named', async () => {
    const broken: ExporterComponent<object> = {
      ...declaration,
      kind: 'exporter',
      type: 'out',
      create: () => {
        throw new Error('no such driver')
      },
    }
    const { components } = recorders([])
    await expect(build(simple, [...components.filter(({ type }) => type !== 'out'), broken])).rejects.toMatchObject({
      code: 'COLLECTOR_START',
      message: 'failed to create "out" exporter: no such driver',
    })
  })

  test('a component that throws while stopping is reported, and the others stop', async () => {
    const journal: string[] = []
    const { components } = recorders(journal)
    const broken: ReceiverComponent<object> = {
      ...declaration,
      kind: 'receiver',
      type: 'in',
      create: () => ({ shutdown: () => Promise.reject(new Error('stuck')) }),
    }
    const { collector, lines } = await build(simple, [...components.filter(({ type }) => type !== 'in'), broken])
    await collector.start()
    await collector.shutdown()
    expect(journal.at(-1)).toBe('stop out')
    expect(lines.find(({ level }) => level === 'error')).toMatchObject({
      message: 'receiver in did not shut down cleanly',
      fields: { error: 'stuck' },
    })
  })

  test('a component that hangs is left behind at the deadline', async () => {
    const journal: string[] = []
    const { components } = recorders(journal)
    const hanging: ReceiverComponent<object> = {
      ...declaration,
      kind: 'receiver',
      type: 'in',
      create: () => ({ shutdown: () => new Promise(() => {}) }),
    }
    const clock = fakeClock()
    const { collector, lines } = await build(simple, [...components.filter(({ type }) => type !== 'in'), hanging], {
      clock,
    })
    await collector.start()
    const stopped = collector.shutdown(5000)
    await clock.advance(4999)
    expect(journal.at(-1)).toBe('start out')
    await clock.advance(1)
    await stopped
    expect(journal.at(-1)).toBe('stop out')
    expect(lines.some(({ message }) => message === 'receiver in did not shut down cleanly')).toBe(true)
  })

  test('a failing component is reported once to whoever runs the collector', async () => {
    let fail = (_: Error): void => {}
    const failing: ReceiverComponent<object> = {
      ...declaration,
      kind: 'receiver',
      type: 'in',
      create: (_, settings) => {
        fail = settings.fail
        return {}
      },
    }
    const failures: Error[] = []
    const { components } = recorders([])
    const { collector } = await build(simple, [...components.filter(({ type }) => type !== 'in'), failing], {
      onFailure: (error) => failures.push(error),
    })
    await collector.start()
    fail(new Error('socket gone'))
    fail(new Error('again'))
    expect(failures.map(({ message }) => message)).toEqual(['receiver "in" failed: socket gone'])
  })

  test('starts once', async () => {
    const { collector } = await build(simple, recorders([]).components)
    await collector.start()
    await expect(collector.start()).rejects.toMatchObject({ code: 'COLLECTOR_START' })
  })
})

describe('own telemetry', () => {
  /** What a collector with these keys under service::telemetry::logs writes while it starts and stops. */
  async function written(logs: string) {
    const { config, problems } = await loadConfig({
      sources: [
        `yaml:{receivers: {nop: }, exporters: {nop: }, service: {telemetry: {logs: ${logs}}, pipelines: {traces: {receivers: [nop], exporters: [nop]}}}}`,
      ],
      environment: {},
    })
    expect(problems).toEqual([])
    const texts = { stdout: '', stderr: '' }
    const spies = (['stdout', 'stderr'] as const).map((name) =>
      vi.spyOn(process[name], 'write').mockImplementation((text) => {
        texts[name] += String(text)
        return true
      }),
    )
    try {
      const collector = createCollector({ config: config! })
      await collector.start()
      await collector.shutdown()
    } finally {
      for (const spy of spies) spy.mockRestore()
    }
    return texts
  }

  test('level: lines below it are left out', async () => {
    expect((await written('{level: info}')).stderr).toContain('INFO  collector                Shutdown complete.')
    expect(await written('{level: warn}')).toEqual({ stdout: '', stderr: '' })
  })

  test('lines that differ in their counts only come once, and the end tells of those left out', async () => {
    const refuses: ExporterComponent<object> = {
      ...declaration,
      kind: 'exporter',
      type: 'out',
      create: (_, { events }) => ({
        consume: async ({ signal, itemCount }) => {
          const error = consumeError('X_NO', `refused ${itemCount} spans`, { retryable: false })
          events.sendFailed({ signal, itemCount, error, returned: false })
        },
      }),
    }
    const { components, inlets } = recorders([])
    const { collector, lines } = await build(
      '{receivers: {in: }, exporters: {out: }, service: {pipelines: {traces: {receivers: [in], exporters: [out]}}}}',
      [...components.filter(({ type }) => type !== 'out'), refuses],
    )
    await collector.start()
    for (const names of [['a'], ['a', 'b'], ['a', 'b', 'c']]) await inlets.get('in')!.traces!(traces(...names), context)
    await collector.shutdown()
    expect(lines.filter(({ level }) => level === 'error').map(({ fields }) => fields['error'])).toEqual([
      'refused 1 spans',
    ])
    expect(lines.find(({ level }) => level === 'warn')?.message).toBe(
      '2 more lines were left out like: exporter out: Exporting failed; the data is lost (traces, X_NO)',
    )
  })

  test.each([
    ['[stdout]', [true, false]],
    ['[stdout, stderr]', [true, true]],
    ['[]', [false, false]],
  ])('output_paths: %s', async (paths, expected) => {
    const { stdout, stderr } = await written(`{output_paths: ${paths}}`)
    expect([stdout, stderr].map((text) => text.includes('Shutdown complete.'))).toEqual(expected)
  })

  test('encoding and initial_fields', async () => {
    const { stderr } = await written('{encoding: json, initial_fields: {site: lab, rack: 7}}')
    const lines = stderr.trimEnd().split('\n')
    expect(lines.length).toBe(3)
    for (const line of lines) expect(JSON.parse(line)).toMatchObject({ site: 'lab', rack: 7 })
  })

  test('starts and stops untraced', async () => {
    let depth = 0
    const journal: string[] = []
    const receiver: ReceiverComponent<object> = {
      ...declaration,
      kind: 'receiver',
      type: 'in',
      create: () => ({
        start: async () => void journal.push(`start ${depth}`),
        shutdown: async () => void journal.push(`shutdown ${depth}`),
      }),
    }
    const { collector } = await build(
      '{receivers: {in: }, exporters: {nop: }, service: {pipelines: {traces: {receivers: [in], exporters: [nop]}}}}',
      [receiver],
      {
        telemetry: {
          log: () => {},
          untraced: (work) => {
            depth++
            return work()
          },
        },
      },
    )
    await collector.start()
    await collector.shutdown()
    expect(journal).toEqual(['start 1', 'shutdown 2'])
  })

  test('never touches the globals of the API', async () => {
    const touched: PropertyKey[] = []
    const spy = new Proxy({}, { get: (_, key) => void touched.push(key) })
    const names = ['opentelemetry.js.api.1', 'io.opentelemetry.js.api.logs'].map((name) => Symbol.for(name))
    const globals = globalThis as Record<symbol, unknown>
    const before = names.map((name) => globals[name])
    for (const name of names) globals[name] = spy
    try {
      const { collector } = await build(
        '{receivers: {otlp: {protocols: {http: {endpoint: "127.0.0.1:0"}}}}, processors: {batch: }, exporters: {debug: }, service: {pipelines: {traces: {receivers: [otlp], processors: [batch], exporters: [debug]}}}}',
      )
      await collector.start()
      await collector.shutdown()
    } finally {
      for (const [index, name] of names.entries()) globals[name] = before[index]
    }
    expect(touched).toEqual([])
  })
})

describe('otlp -> memory_limiter -> batch -> otlp_http, over real sockets', () => {
  const yaml = (url: string, more = '') => `{receivers: {otlp: {protocols: {http: {endpoint: "127.0.0.1:0"}}}},
    processors: {memory_limiter: {check_interval: 1s, limit_mib: 100}, batch: {timeout: 10ms}},
    exporters: {otlp_http: {endpoint: "${url}", retry_on_failure: {initial_interval: 10ms}${more}}},
    service: {pipelines: {
      traces: {receivers: [otlp], processors: [memory_limiter, batch], exporters: [otlp_http]},
      metrics: {receivers: [otlp], processors: [memory_limiter, batch], exporters: [otlp_http]},
      logs: {receivers: [otlp], processors: [memory_limiter, batch], exporters: [otlp_http]}}}}`

  const addressOf = (lines: readonly LogLine[]): string =>
    String(lines.find(({ message }) => message === 'Listening for OTLP over HTTP')!.fields['address'])

  const post = (address: string, signal: Signal, body: Uint8Array<ArrayBuffer>) =>
    fetch(`http://${address}/v1/${signal}`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf' },
      body,
    })

  test.each(['none', 'gzip', 'snappy'])(
    'three signals pass over gRPC without one record being decoded, sent with %s',
    async (compression) => {
      const arrived: Partial<Record<Signal, Uint8Array>> = {}
      const peer = await createOtlpGrpcServer({
        endpoint: '127.0.0.1:0',
        handler: async (batch) => {
          arrived[batch.signal] = new Uint8Array(Buffer.concat(batch.chunks()))
          return undefined
        },
      })
      const { collector, lines } = await build(`{
      receivers: {otlp: {protocols: {grpc: {endpoint: "127.0.0.1:0"}}}},
      processors: {memory_limiter: {check_interval: 1s, limit_mib: 100}, batch: {wait_for_result: true, timeout: 1ms}},
      exporters: {otlp_grpc: {endpoint: "${peer.addresses[0]}", tls: {insecure: true}, compression: ${compression}}},
      service: {pipelines: {
        traces: {receivers: [otlp], processors: [memory_limiter, batch], exporters: [otlp_grpc]},
        metrics: {receivers: [otlp], processors: [memory_limiter, batch], exporters: [otlp_grpc]},
        logs: {receivers: [otlp], processors: [memory_limiter, batch], exporters: [otlp_grpc]}}}}`)
      await collector.start()
      const address = String(lines.find(({ message }) => message === 'Listening for OTLP over gRPC')!.fields['address'])
      const client = createOtlpGrpcClient({ endpoint: address, insecure: true, compression: compression as 'gzip' })
      const bodies: Record<Signal, Uint8Array> = {
        traces: traces('a', 'b').chunks()[0]!,
        logs: batchFromRecords('logs', [logsOfService('shop', [logRecord({ body: 'hello' })])]).chunks()[0]!,
        // resource_metrics { scope_metrics { metrics { name: "m" gauge { data_points { as_int: 1 } } } } }, field 99 beside it
        metrics: Uint8Array.from([
          10, 24, 18, 18, 18, 16, 10, 1, 109, 42, 11, 10, 9, 49, 1, 0, 0, 0, 0, 0, 0, 0, 154, 6, 1, 120,
        ]),
      }
      const before = { ...batchCounters }
      for (const signal of ['traces', 'metrics', 'logs'] as const) {
        const outcome = await client.send({ signal, chunks: [bodies[signal]], itemCount: 1 })
        expect([signal, outcome.result]).toEqual([signal, 'accepted'])
      }
      await collector.shutdown()
      await client.shutdown()
      await peer.shutdown(0)
      expect(batchCounters.decodedRecordCount - before.decodedRecordCount).toBe(0)
      expect(batchCounters.encodedRecordCount - before.encodedRecordCount).toBe(0)
      for (const signal of ['traces', 'metrics', 'logs'] as const) {
        expect([signal, arrived[signal]]).toEqual([signal, new Uint8Array(bodies[signal])])
      }
    },
  )

  test('three signals pass without one record being decoded', async () => {
    const peer = await captureOtlp()
    const { collector, lines } = await build(yaml(peer.url))
    await collector.start()
    const bodies: Record<Signal, Uint8Array<ArrayBuffer>> = {
      traces: new Uint8Array(traces('a', 'b').chunks()[0]!),
      logs: new Uint8Array(
        batchFromRecords('logs', [logsOfService('shop', [logRecord({ body: 'hello' })])]).chunks()[0]!,
      ),
      // resource_metrics { scope_metrics { metrics { name: "m" gauge { data_points { as_int: 1 } } } } }
      metrics: Uint8Array.from([10, 20, 18, 18, 18, 16, 10, 1, 109, 42, 11, 10, 9, 49, 1, 0, 0, 0, 0, 0, 0, 0]),
    }
    const before = { ...batchCounters }
    for (const signal of ['traces', 'metrics', 'logs'] as const) {
      const answer = await post(addressOf(lines), signal, bodies[signal])
      expect([signal, answer.status]).toEqual([signal, 200])
    }
    await collector.shutdown()
    expect(batchCounters.decodedRecordCount - before.decodedRecordCount).toBe(0)
    expect(batchCounters.encodedRecordCount - before.encodedRecordCount).toBe(0)
    const arrived = Object.fromEntries(peer.requests.map(({ path, body }) => [path, Buffer.from(body).toString('hex')]))
    expect(arrived).toEqual({
      '/v1/traces': Buffer.from(bodies.traces).toString('hex'),
      '/v1/metrics': Buffer.from(bodies.metrics).toString('hex'),
      '/v1/logs': Buffer.from(bodies.logs).toString('hex'),
    })
    expect(peer.requests.every(({ headers }) => headers['content-encoding'] === 'gzip')).toBe(true)
    await peer.close()
  })

  test('everything acknowledged arrives, although shutdown begins at once and the peer fails in between', async () => {
    const peer = await captureOtlp((_, index) => ({ status: index % 3 === 1 ? 503 : 200 }))
    const { collector, lines } = await build(yaml(peer.url))
    await collector.start()
    const address = addressOf(lines)
    const acknowledged: string[] = []
    await Promise.all(
      Array.from({ length: 60 }, async (_, index) => {
        const name = `span-${index}`
        const answer = await post(
          address,
          'traces',
          new Uint8Array(encodeTraces([spansOfService('shop', [spanRecord({ name })])])),
        )
        if (answer.status === 200) acknowledged.push(name)
      }),
    )
    await collector.shutdown()
    const taken = peer.requests.filter((_, index) => index % 3 !== 1)
    const names = taken.flatMap(({ body }) =>
      batchFromBytes('traces', new Uint8Array(body))
        .records()
        .flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans.map((span) => span.name))),
    )
    expect(acknowledged.length).toBe(60)
    expect(names.toSorted()).toEqual(acknowledged.toSorted())
    await peer.close()
  })

  test('a full queue becomes 503 at the door while wait_for_result holds the acknowledgement', async () => {
    const peer = await captureOtlp('hang')
    const text = yaml(peer.url, ', sending_queue: {queue_size: 1, num_consumers: 1}').replaceAll(
      'timeout: 10ms',
      'timeout: 0s, wait_for_result: true',
    )
    const { collector, lines } = await build(text)
    await collector.start()
    const address = addressOf(lines)
    const body = new Uint8Array(traces('a').chunks()[0]!)
    const first = await post(address, 'traces', body)
    const second = await post(address, 'traces', body)
    expect([first.status, second.status]).toEqual([200, 503])
    peer.answer({ status: 200 })
    await peer.close()
    const counters = collector.counters()
    expect(counters.find(({ name }) => name === 'otelcol_receiver_refused_spans')?.value).toBe(1)
    await collector.shutdown(100)
    expect(lines.filter(({ level }) => level === 'error').map(({ message }) => message)).toContain(
      'Exporting failed; the data is lost',
    )
  })

  test('a signal without a pipeline is refused', async () => {
    const { collector, lines } = await build(
      '{receivers: {otlp: {protocols: {http: {endpoint: "127.0.0.1:0"}}}}, exporters: {nop: }, service: {pipelines: {traces: {receivers: [otlp], exporters: [nop]}}}}',
    )
    await collector.start()
    const answer = await post(
      addressOf(lines),
      'logs',
      new Uint8Array(batchFromRecords('logs', [logsOfService('s', [logRecord()])]).chunks()[0]!),
    )
    expect(answer.status).toBe(404)
  })

  test('a request that is no telemetry is counted and named', async () => {
    const { collector, lines } = await build(yaml('http://127.0.0.1:9'))
    await collector.start()
    const answer = await post(addressOf(lines), 'traces', Uint8Array.from([0x0a, 0x7f]))
    expect(answer.status).toBe(400)
    expect(lines.find(({ level }) => level === 'warn')).toMatchObject({
      message: 'Rejected a request',
      fields: { status: 400 },
    })
  })
})

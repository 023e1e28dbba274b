// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { formatProblem, object } from '@otel-ts/confmap'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ComponentEntry, ConnectorComponent, ExporterComponent } from '../component.ts'
import { createCatalog } from '../components.ts'
import { loadConfig } from './config.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'collector-'))
})
afterAll(() => rm(folder, { recursive: true }))

/** A connector from traces to any signal: enough to build every shape of graph. */
const relay: ConnectorComponent<object> = {
  kind: 'connector',
  type: 'relay',
  aliases: [],
  description: 'Relays.',
  stability: {},
  config: object({}),
  joins: [
    ['traces', 'traces'],
    ['traces', 'logs'],
  ],
  create: () => ({ consume: async () => {} }),
}
const relayExporter: ExporterComponent<object> = {
  kind: 'exporter',
  type: 'relay',
  aliases: [],
  description: 'Has the name of the connector.',
  stability: { traces: 'alpha' },
  config: object({}),
  create: () => ({ consume: async () => {} }),
}
const relayEntry: ComponentEntry = {
  kind: 'connector',
  type: 'relay',
  aliases: [],
  load: async () => relay as ConnectorComponent<unknown>,
}

async function check(yaml: string, environment: Record<string, string> = {}): Promise<string[]> {
  const file = join(folder, 'gateway.yaml')
  await writeFile(file, yaml)
  const { config, problems } = await loadConfig({ sources: [file], environment, catalog: createCatalog([relayEntry]) })
  expect(config === undefined).toBe(problems.length > 0)
  return problems.map((problem) => formatProblem(problem).replaceAll(`${folder}/`, ''))
}

const valid = `receivers:
  nop:
  otlp: {protocols: {http: }}
processors:
  batch:
exporters:
  debug:
  otlp_http: {endpoint: "http://localhost:4318"}
service:
  pipelines:
    traces: {receivers: [nop, otlp], processors: [batch], exporters: [debug, otlp_http]}
    logs/2: {receivers: [otlp], exporters: [debug]}
`

test('a valid configuration has its pipelines planned', async () => {
  const file = join(folder, 'valid.yaml')
  await writeFile(file, valid)
  const { config, problems, warnings } = await loadConfig({ sources: [file], environment: {} })
  expect([problems, warnings]).toEqual([[], []])
  expect(
    config!.pipelines.map(({ id, signal, receivers, processors, exporters }) => [
      id,
      signal,
      [receivers, processors, exporters].map((nodes) => nodes.map((node) => node.id)),
    ]),
  ).toEqual([
    ['traces', 'traces', [['nop', 'otlp'], ['batch'], ['debug', 'otlp_http']]],
    ['logs/2', 'logs', [['otlp'], [], ['debug']]],
  ])
})

test('the example of the architecture: a misspelt exporter is found with its place and its likely meaning', async () => {
  expect(
    await check(`receivers:
  nop:
exporters:
  debug:
  otlp_http:
    endpoint: http://localhost:4318
service:
  pipelines:
    traces:
      receivers: [nop]
      processors: []
      exporters: [otlp_htp]
`),
  ).toEqual([
    'gateway.yaml:12:19: service::pipelines::traces: references exporter "otlp_htp" which is not configured; did you mean "otlp_http"? defined: debug, otlp_http',
  ])
})

test('everything wrong is reported at once, in the order of the file', async () => {
  expect(
    await check(`receivers:
  nop:
  otlq:
processors:
  batch: {timeout: fast, send_batch_sise: 1}
  memory_limiter: {limit_mib: 1}
exporters:
  debug: {verbosity: detaild}
  logging:
servise:
service:
  extensions: [zpages]
  pipelines:
    traces:
      receivers: [nop, nop2]
      processors: [batch, attributes]
      exporters: [debug]
    spans:
      receivers: [nop]
      exporters: [debug]
`),
  ).toEqual([
    'gateway.yaml:3:3: receivers: unknown type: "otlq" for id: "otlq"; did you mean "otlp"? known: nop, otlp',
    'gateway.yaml:5:20: processors::batch::timeout: expected a duration of at least 0s, such as 200ms or 1m30s, got "fast"',
    'gateway.yaml:5:26: processors::batch: unknown key "send_batch_sise"; did you mean "send_batch_size"? known: send_batch_size, timeout, send_batch_max_size, metadata_keys, metadata_cardinality_limit, wait_for_result',
    'gateway.yaml:6:19: processors::memory_limiter::check_interval: is missing; expected duration >= 1ns',
    'gateway.yaml:8:22: exporters::debug::verbosity: "detaild" is not allowed; did you mean "detailed"? allowed: basic, normal, detailed',
    'gateway.yaml:9:3: exporters: the logging exporter has been deprecated, use the debug exporter instead',
    'gateway.yaml:10:1: unknown key "servise"; did you mean "service"? known: receivers, processors, exporters, connectors, extensions, service',
    'gateway.yaml:12:16: service::extensions: references extension "zpages" which is not configured; defined: none',
    'gateway.yaml:15:24: service::pipelines::traces: references receiver "nop2" which is not configured; did you mean "nop"? defined: nop, otlq',
    'gateway.yaml:16:27: service::pipelines::traces: references processor "attributes" which is not configured; defined: batch, memory_limiter',
    'gateway.yaml:19:7: service::pipelines::spans: unknown pipeline signal "spans"; supported: traces, metrics, logs',
  ])
})

test('a wrong key beside the pipelines does not hide what is wrong with them', async () => {
  expect(
    await check(
      'receivers: {nop: }\nexporters: {nop: }\nservice:\n  telemetry: {logs: {level: loud}}\n  pipelines: {traces: {receivers: [nop], exporters: [nob]}}',
    ),
  ).toEqual([
    'gateway.yaml:4:29: service::telemetry::logs::level: "loud" is not allowed; allowed: debug, info, warn, error',
    'gateway.yaml:5:54: service::pipelines::traces: references exporter "nob" which is not configured; did you mean "nop"? defined: nop',
  ])
})

describe('upstream refuses it, and so do we, with a place', () => {
  const base = 'receivers: {nop: }\nexporters: {debug: }\nprocessors: {batch: }\n'
  const pipeline = (text: string) => `${base}service: {pipelines: {traces: {${text}}}}\n`

  test.each<[string, string, string[]]>([
    ['empty file', '', ['empty configuration file']],
    [
      'nothing configured',
      'service: {pipelines: {traces: {receivers: [nop], exporters: [nop]}}}',
      [
        'gateway.yaml:1:44: service::pipelines::traces: references receiver "nop" which is not configured; defined: none',
        'gateway.yaml:1:62: service::pipelines::traces: references exporter "nop" which is not configured; defined: none',
        'no receiver configuration specified in config',
        'no exporter configuration specified in config',
      ],
    ],
    ['no service', base, ['gateway.yaml:1:1: service::pipelines: service must have at least one pipeline']],
    [
      'no pipelines',
      `${base}service: {pipelines: {}}`,
      ['gateway.yaml:4:22: service::pipelines: service must have at least one pipeline'],
    ],
    [
      'no receiver',
      pipeline('exporters: [debug]'),
      ['gateway.yaml:4:31: service::pipelines::traces: must have at least one receiver'],
    ],
    [
      'no exporter',
      pipeline('receivers: [nop], exporters: []'),
      ['gateway.yaml:4:61: service::pipelines::traces: must have at least one exporter'],
    ],
    [
      'a processor twice',
      pipeline('receivers: [nop], processors: [batch, batch], exporters: [debug]'),
      ['gateway.yaml:4:70: service::pipelines::traces: references processor "batch" multiple times'],
    ],
    [
      'a bad id',
      'receivers: {"nop/": }\nexporters: {debug: }',
      [
        'gateway.yaml:1:13: receivers: in "nop/" id: the part after / should not be empty',
        'gateway.yaml:1:1: service::pipelines: service must have at least one pipeline',
      ],
    ],
    [
      'profiles',
      `${base}service: {pipelines: {profiles: {receivers: [nop], exporters: [debug]}}}`,
      [
        'gateway.yaml:4:33: service::pipelines::profiles: profiles pipelines are not supported; supported: traces, metrics, logs',
      ],
    ],
    [
      'two spellings of one id',
      'receivers: {nop/a: , "nop/ a": }\nexporters: {debug: }\nservice: {pipelines: {traces: {receivers: [nop/a], exporters: [debug]}}}',
      ['gateway.yaml:1:22: receivers: duplicate name "nop/a"'],
    ],
    [
      'no protocol',
      `receivers: {otlp: {protocols: }}\nexporters: {debug: }\nservice: {pipelines: {traces: {receivers: [otlp], exporters: [debug]}}}`,
      [
        'gateway.yaml:1:19: receivers::otlp: must specify at least one protocol when using the OTLP receiver; supported: grpc, http',
      ],
    ],
    [
      'gRPC to nowhere',
      `receivers: {nop: }\nexporters: {otlp: {}}\nservice: {pipelines: {traces: {receivers: [nop], exporters: [otlp]}}}`,
      ['gateway.yaml:2:19: exporters::otlp::endpoint: is missing; expected string'],
    ],
    [
      'own metrics',
      `${pipeline('receivers: [nop], exporters: [debug]').trimEnd().slice(0, -1)}, telemetry: {metrics: {level: detailed, address: ":8888"}}}`,
      [
        'gateway.yaml:4:101: service::telemetry::metrics::level: is not supported: the Collector does not export metrics about itself yet',
        'gateway.yaml:4:120: service::telemetry::metrics::address: is not supported: the Collector does not export metrics about itself yet; the Prometheus endpoint on port 8888 does not exist',
      ],
    ],
    [
      'keys of the receiver that are refused',
      `receivers: {otlp: {protocols: {http: {auth: {authenticator: a}}, grpc: {read_buffer_size: 1}}}}\nexporters: {debug: }\nservice: {pipelines: {traces: {receivers: [otlp], exporters: [debug]}}}`,
      [
        'gateway.yaml:1:45: receivers::otlp::protocols::http::auth: is not supported: there are no authenticator extensions yet',
        'gateway.yaml:1:91: receivers::otlp::protocols::grpc::read_buffer_size: is not supported: Node chooses its buffers',
      ],
    ],
  ])('%s', async (_, yaml, messages) => {
    expect((await check(yaml)).toSorted()).toEqual(messages.toSorted())
  })
})

describe('connectors', () => {
  const base =
    'receivers: {nop: }\nexporters: {debug: }\nprocessors: {batch: }\nconnectors: {relay: , relay/b: , relay/debug: }\n'

  test.each<[string, string, string[]]>([
    [
      'joined both ways',
      '    traces: {receivers: [nop], exporters: [relay]}\n    logs: {receivers: [relay], exporters: [debug]}\n',
      [],
    ],
    [
      'used as exporter only',
      '    traces: {receivers: [nop], exporters: [relay, debug]}\n',
      [
        'gateway.yaml:7:44: service::pipelines::traces: connector "relay" used as exporter in [traces] pipeline but not used in any supported receiver pipeline; it joins: traces to traces, traces to logs',
      ],
    ],
    [
      'used as receiver of a signal it does not give',
      '    traces: {receivers: [nop], exporters: [debug]}\n    metrics: {receivers: [relay], exporters: [debug]}\n',
      [
        'gateway.yaml:8:27: service::pipelines::metrics: connector "relay" used as receiver in [metrics] pipeline but not used in any supported exporter pipeline; it joins: traces to traces, traces to logs',
      ],
    ],
    [
      'in a circle',
      '    traces/a: {receivers: [nop, relay/b], processors: [batch], exporters: [relay]}\n    traces/b: {receivers: [relay], exporters: [relay/b]}\n',
      [
        'gateway.yaml:7:15: service::pipelines::traces/a: cycle detected: connector "relay/b" (traces to traces) -> processor "batch" in pipeline "traces/a" -> connector "relay" (traces to traces) -> connector "relay/b" (traces to traces)',
      ],
    ],
  ])('%s', async (_, pipelines, messages) => {
    expect(await check(`${base}service:\n  pipelines:\n${pipelines}`)).toEqual(messages)
  })

  test('an id that is both exporter and connector is ambiguous', async () => {
    const exporter: ComponentEntry = {
      kind: 'exporter',
      type: 'relay',
      aliases: [],
      load: async () => relayExporter as ExporterComponent<unknown>,
    }
    const { problems } = await loadConfig({
      sources: [
        'yaml:{receivers: {nop: }, exporters: {relay: }, connectors: {relay: }, service: {pipelines: {traces: {receivers: [nop], exporters: [relay]}}}}',
      ],
      environment: {},
      catalog: createCatalog([relayEntry, exporter]),
    })
    expect(problems.map(({ path, message }) => `${path}: ${message}`)).toEqual([
      `connectors::relay: ambiguous ID: Found both "relay" exporter and "relay" connector. Change one of the components' IDs to eliminate ambiguity (e.g. rename "relay" connector to "relay/connector")`,
    ])
  })
})

test('references to a component that is configured but wrong are not reported again', async () => {
  expect(
    await check(
      `receivers: {nop: }\nexporters: {debug: {verbosity: 1}}\nservice: {pipelines: {traces: {receivers: [nop], exporters: [debug]}}}`,
    ),
  ).toEqual([
    'gateway.yaml:2:32: exporters::debug::verbosity: expected one of "basic" | "normal" | "detailed", got the number 1',
  ])
})

test('an exporter that has no address for the signal of a pipeline is refused there, not at each request', async () => {
  const service = (signal: string) =>
    `receivers: {nop: }\nexporters: {otlp_http: {traces_endpoint: "http://h/t"}}\nservice: {pipelines: {${signal}: {receivers: [nop], exporters: [otlp_http]}}}`
  expect(await check(service('traces'))).toEqual([])
  expect(await check(service('logs'))).toEqual([
    'gateway.yaml:3:60: service::pipelines::logs: exporter "otlp_http" cannot take logs: either endpoint or logs_endpoint must be specified',
  ])
})

test('a misspelt reference to a component that is wrong itself is still told what was meant', async () => {
  expect(
    await check(
      `receivers: {nop: }\nexporters: {debug: {verbosity: 1}}\nservice: {pipelines: {traces: {receivers: [nop], exporters: [debgu]}}}`,
    ),
  ).toContain(
    'gateway.yaml:3:62: service::pipelines::traces: references exporter "debgu" which is not configured; did you mean "debug"? defined: debug',
  )
})

test.each([
  ['otlphttp', 'otlp_http', 'http://h'],
  ['otlp', 'otlp_grpc', 'h:4317'],
])('the old name %s loads with a warning', async (old, name, endpoint) => {
  const { problems, warnings } = await loadConfig({
    sources: [
      `yaml:{receivers: {nop: }, exporters: {${old}/a: {endpoint: "${endpoint}"}}, service: {pipelines: {traces: {receivers: [nop], exporters: [${old}/a]}}}}`,
    ],
    environment: {},
  })
  expect(problems).toEqual([])
  expect(warnings.map(({ code, message }) => [code, message])).toEqual([
    ['CONFIG_DEPRECATED', `"${old}" alias is deprecated; use "${name}" instead`],
  ])
})

test('a catalog entry of the caller is a component like any other', async () => {
  const catalog = createCatalog([relayEntry])
  expect([catalog.find('connector', 'relay')?.entry === relayEntry, catalog.types('connector')]).toEqual([
    true,
    ['relay'],
  ])
})

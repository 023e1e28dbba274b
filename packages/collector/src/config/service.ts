// SPDX-License-Identifier: Apache-2.0
import {
  anything,
  byShape,
  type ComponentId,
  componentId,
  type Field,
  field,
  type Infer,
  type Located,
  listOrNull,
  located,
  mapOf,
  object,
  oneOf,
  refused,
  section,
} from '@otel-ts/confmap'

const scalar = anything()

const ids = (description: string): Field<readonly Located<ComponentId>[]> =>
  field(listOrNull(located(componentId())), { default: [], description })

const noOwnMetrics = 'the Collector does not export metrics about itself yet'
const noOwnTraces = 'the Collector does not export traces about itself yet'

const logsSchema = object({
  level: field(oneOf(['debug', 'info', 'warn', 'error'], { ignoreCase: true }), {
    default: 'info',
    description: 'Lines below this level are left out.',
  }),
  encoding: field(oneOf(['console', 'json']), {
    default: 'console',
    description: '`console` for people, `json` for machines.',
  }),
  output_paths: field(listOrNull(oneOf(['stderr', 'stdout'])), {
    default: ['stderr'],
    description: 'Where lines go.',
  }),
  initial_fields: field(mapOf(byShape({ scalar })), {
    default: new Map(),
    description: 'Fields added to every line.',
  }),
  development: refused('there is no development mode', [false]),
  sampling: refused('equal lines always come once in ten seconds, with their count', [{ enabled: false }]),
  error_output_paths: refused('errors of the log itself go nowhere else', [['stderr']]),
  disable_caller: refused('lines never name their source line', [true]),
  disable_stacktrace: refused('lines never carry a stack', [true]),
  processors: refused('the Collector does not export its own log lines yet'),
})

const telemetrySchema = object({
  logs: section(logsSchema, "The Collector's own log."),
  metrics: section(
    object({
      level: refused(noOwnMetrics, ['none']),
      readers: refused(`${noOwnMetrics}; the Prometheus endpoint on port 8888 does not exist`),
      views: refused(noOwnMetrics),
      address: refused(`${noOwnMetrics}; the Prometheus endpoint on port 8888 does not exist`),
    }),
    'Metrics about the Collector.',
  ),
  traces: section(
    object({
      level: refused(noOwnTraces, ['none']),
      processors: refused(noOwnTraces),
      propagators: refused(noOwnTraces),
      sampler: refused(noOwnTraces),
    }),
    'Traces of the Collector.',
  ),
  resource: refused('own telemetry is not exported, so that it has no resource'),
})

const pipelineSchema = object({
  receivers: ids('Where data comes from; connectors too.'),
  processors: ids('What it passes, in this order.'),
  exporters: ids('Where it goes, each getting all of it; connectors too.'),
})

/** Schema of the `service` section. */
export const serviceSchema = object({
  extensions: ids('Extensions to start, before everything else.'),
  pipelines: field(mapOf(byShape({ map: pipelineSchema })), {
    default: new Map(),
    description: 'Pipelines by `signal` or `signal/name`.',
  }),
  telemetry: section(telemetrySchema, "The Collector's own telemetry."),
})

/** The `service` section, checked. */
export type ServiceConfig = Infer<typeof serviceSchema>
/** `service::telemetry::logs`, checked. */
export type LogsConfig = Infer<typeof logsSchema>

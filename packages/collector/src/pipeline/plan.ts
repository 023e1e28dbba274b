// SPDX-License-Identifier: Apache-2.0
import {
  type ComponentId,
  type ConfigNode,
  type Located,
  type Location,
  locate,
  type Problem,
  parseComponentId,
  suggestion,
} from '@otel-ts/confmap'
import { type Signal, signals } from '@otel-ts/otlp'
import type { ComponentKind } from '../component.ts'
import type { ConfiguredByKind, ConfiguredComponent } from '../config/config.ts'
import type { ServiceConfig } from '../config/service.ts'

/** One pipeline with what it names looked up. */
export interface PipelinePlan {
  /** `traces` or `traces/name`. */
  readonly id: string
  readonly signal: Signal
  readonly receivers: readonly PlannedNode[]
  readonly processors: readonly PlannedNode[]
  readonly exporters: readonly PlannedNode[]
}

/** A component at one place of a pipeline. Connectors stand among receivers and exporters. */
export interface PlannedNode {
  readonly kind: 'receiver' | 'processor' | 'exporter' | 'connector'
  readonly id: string
  readonly configured: ConfiguredComponent
}

type Role = 'receiver' | 'processor' | 'exporter'

/**
 * Looks up every reference of the service section and checks what the pipelines make together: missing and repeated
 * references, signals, connectors on one side only, circles. Reports all of it.
 *
 * @param broken `kind id` of components that are configured but were refused: references to them are no news
 */
export function planPipelines(
  service: ServiceConfig,
  components: ConfiguredByKind,
  broken: ReadonlySet<string>,
  serviceNode: ConfigNode,
  problems: Problem[],
): PipelinePlan[] {
  const report = (code: string, path: string, location: Location | undefined, message: string): void => {
    problems.push({ code, path, location, message })
  }
  for (const { value, location } of service.extensions) {
    if (components.extension.has(value.text) || broken.has(`extension ${value.text}`)) continue
    report(
      'COLLECTOR_UNKNOWN_REFERENCE',
      'service::extensions',
      location,
      missing('extension', value, components, broken),
    )
  }
  checkAmbiguousIds(components, report)
  if (service.pipelines.size === 0) {
    const place = locate(serviceNode, ['pipelines'])
    report('COLLECTOR_CONFIG', 'service::pipelines', place, 'service must have at least one pipeline')
  }

  const plans: PipelinePlan[] = []
  for (const [key, pipeline] of service.pipelines) {
    const path = `service::pipelines::${key}`
    const place = locate(serviceNode, ['pipelines', key])
    const signal = signalOf(key)
    if (typeof signal !== 'object') {
      report('CONFIG_VALUE', path, place, signal)
      continue
    }
    for (const role of ['receiver', 'exporter'] as const) {
      if (pipeline[`${role}s`].length === 0) {
        report(
          'COLLECTOR_CONFIG',
          path,
          locate(serviceNode, ['pipelines', key, `${role}s`]),
          `must have at least one ${role}`,
        )
      }
    }
    const look = (role: Role): PlannedNode[] =>
      lookUp(role, pipeline[`${role}s`], signal.signal, components, broken, (code, location, message) =>
        report(code, path, location, message),
      )
    plans.push({
      id: signal.id,
      signal: signal.signal,
      receivers: look('receiver'),
      processors: look('processor'),
      exporters: look('exporter'),
    })
  }
  checkConnectors(plans, service, problems)
  checkCycles(plans, serviceNode, problems)
  return plans
}

type Report = (code: string, path: string, location: Location | undefined, message: string) => void

function signalOf(key: string): { id: string; signal: Signal } | string {
  const id = parseComponentId(key)
  if (typeof id === 'string') return id
  const signal = signals.find((one) => one === id.type)
  if (signal !== undefined) return { id: id.text, signal }
  if (id.type === 'profiles') return 'profiles pipelines are not supported; supported: traces, metrics, logs'
  return `unknown pipeline signal ${JSON.stringify(id.type)}${suggestion(id.type, signals, 'supported')}`
}

function lookUp(
  role: Role,
  references: readonly Located<ComponentId>[],
  signal: Signal,
  components: ConfiguredByKind,
  broken: ReadonlySet<string>,
  report: (code: string, location: Location, message: string) => void,
): PlannedNode[] {
  const nodes: PlannedNode[] = []
  const seen = new Set<string>()
  for (const { value, location } of references) {
    const id = value.text
    if (seen.has(id)) {
      const message = `references ${role} ${JSON.stringify(id)} multiple times`
      report('COLLECTOR_CONFIG', location, message)
      continue
    }
    seen.add(id)
    const own = components[role].get(id)
    const connector = role === 'processor' ? undefined : components.connector.get(id)
    const configured = own ?? connector
    if (configured === undefined) {
      const known = broken.has(`${role} ${id}`) || (role !== 'processor' && broken.has(`connector ${id}`))
      if (!known) report('COLLECTOR_UNKNOWN_REFERENCE', location, missing(role, value, components, broken))
      continue
    }
    const { component } = configured
    if (own !== undefined && component.stability[signal] === undefined) {
      const takes = signals.filter((one) => component.stability[one] !== undefined)
      const message = `${role} ${JSON.stringify(id)} does not support ${signal}; supported: ${takes.join(', ')}`
      report('COLLECTOR_SIGNAL', location, message)
      continue
    }
    const problem = component.signalProblem?.(configured.config, signal)
    if (problem !== undefined) {
      report('COLLECTOR_SIGNAL', location, `${role} ${JSON.stringify(id)} cannot take ${signal}: ${problem}`)
      continue
    }
    nodes.push({ kind: own === undefined ? 'connector' : role, id, configured })
  }
  return nodes
}

function missing(
  kind: ComponentKind,
  id: ComponentId,
  components: ConfiguredByKind,
  broken: ReadonlySet<string>,
): string {
  const kinds = kind === 'receiver' || kind === 'exporter' ? [kind, 'connector' as const] : [kind]
  const defined = kinds.flatMap((one) => [...components[one].keys()])
  // What is configured but wrong may be meant all the same.
  for (const one of kinds) {
    for (const name of broken) if (name.startsWith(`${one} `)) defined.push(name.slice(one.length + 1))
  }
  const hint = suggestion(id.text, defined.toSorted(), 'defined')
  return `references ${kind} ${JSON.stringify(id.text)} which is not configured${hint}`
}

function checkAmbiguousIds(components: ConfiguredByKind, report: Report): void {
  for (const [id, { location }] of components.connector) {
    for (const kind of ['receiver', 'exporter'] as const) {
      if (!components[kind].has(id)) continue
      const message = `ambiguous ID: Found both ${JSON.stringify(id)} ${kind} and ${JSON.stringify(id)} connector. Change one of the components' IDs to eliminate ambiguity (e.g. rename ${JSON.stringify(id)} connector to ${JSON.stringify(`${id}/connector`)})`
      report('COLLECTOR_CONFIG', `connectors::${id}`, location, message)
    }
  }
}

/** Every connector must be an exporter somewhere and a receiver somewhere, in signals that it can join. */
function checkConnectors(plans: readonly PipelinePlan[], service: ServiceConfig, problems: Problem[]): void {
  const used = new Map<string, { configured: ConfiguredComponent; into: PipelinePlan[]; outOf: PipelinePlan[] }>()
  for (const plan of plans) {
    for (const role of ['receivers', 'exporters'] as const) {
      for (const { kind, id, configured } of plan[role]) {
        if (kind !== 'connector') continue
        const use = used.get(id) ?? { configured, into: [], outOf: [] }
        used.set(id, use)
        use[role === 'exporters' ? 'into' : 'outOf'].push(plan)
      }
    }
  }
  const reference = (plan: PipelinePlan, role: 'receivers' | 'exporters', id: string): Location | undefined =>
    service.pipelines.get(plan.id)?.[role].find(({ value }) => value.text === id)?.location
  for (const [id, { configured, into, outOf }] of used) {
    const { component } = configured
    const joins = component.kind === 'connector' ? component.joins : []
    for (const plan of into) {
      if (outOf.some((target) => joins.some(([from, to]) => from === plan.signal && to === target.signal))) continue
      const message = `connector ${JSON.stringify(id)} used as exporter in [${plan.id}] pipeline but not used in any supported receiver pipeline; it joins: ${joinText(joins)}`
      const path = `service::pipelines::${plan.id}`
      problems.push({ code: 'COLLECTOR_CONNECTOR', path, location: reference(plan, 'exporters', id), message })
    }
    for (const plan of outOf) {
      if (into.some((source) => joins.some(([from, to]) => from === source.signal && to === plan.signal))) continue
      const message = `connector ${JSON.stringify(id)} used as receiver in [${plan.id}] pipeline but not used in any supported exporter pipeline; it joins: ${joinText(joins)}`
      const path = `service::pipelines::${plan.id}`
      problems.push({ code: 'COLLECTOR_CONNECTOR', path, location: reference(plan, 'receivers', id), message })
    }
  }
}

function joinText(joins: readonly (readonly [Signal, Signal])[]): string {
  return joins.map(([from, to]) => `${from} to ${to}`).join(', ')
}

/** Circles can only run through connectors: a walk over pipelines along them finds each once. */
function checkCycles(plans: readonly PipelinePlan[], serviceNode: ConfigNode, problems: Problem[]): void {
  const done = new Set<PipelinePlan>()
  const path: { plan: PipelinePlan; connector: string }[] = []

  const visit = (plan: PipelinePlan): boolean => {
    const start = path.findIndex((step) => step.plan === plan)
    if (start >= 0) {
      const message = `cycle detected: ${describeCycle(path.slice(start))}`
      const location = locate(serviceNode, ['pipelines', plan.id])
      problems.push({ code: 'COLLECTOR_CYCLE', path: `service::pipelines::${plan.id}`, location, message })
      return true
    }
    if (done.has(plan)) return false
    for (const { kind, id } of plan.exporters) {
      if (kind !== 'connector') continue
      for (const next of plans) {
        if (!next.receivers.some((node) => node.kind === 'connector' && node.id === id)) continue
        path.push({ plan, connector: id })
        const found = visit(next)
        path.pop()
        if (found) return true
      }
    }
    done.add(plan)
    return false
  }
  for (const plan of plans) if (visit(plan)) return
}

function describeCycle(steps: readonly { plan: PipelinePlan; connector: string }[]): string {
  const last = steps.at(-1)!
  const parts = [`connector "${last.connector}" (${last.plan.signal} to ${steps[0]!.plan.signal})`]
  for (const [index, { plan, connector }] of steps.entries()) {
    for (const { id } of plan.processors) parts.push(`processor "${id}" in pipeline "${plan.id}"`)
    const to = steps[(index + 1) % steps.length]!.plan.signal
    parts.push(`connector "${connector}" (${plan.signal} to ${to})`)
  }
  return parts.join(' -> ')
}

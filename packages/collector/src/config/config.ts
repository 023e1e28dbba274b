// SPDX-License-Identifier: Apache-2.0
import {
  type ComponentId,
  describeNode,
  invalid,
  isNull,
  type LoadOptions,
  type Location,
  loadConfigMap,
  type MapNode,
  type Problem,
  parseComponentId,
  readConfig,
  Scope,
  sortProblems,
  suggestion,
} from '@otel-ts/confmap'
import type { Component, ComponentKind } from '../component.ts'
import { type ComponentCatalog, createCatalog } from '../components.ts'
import { messageOf } from '../errors.ts'
import { type PipelinePlan, planPipelines } from '../pipeline/plan.ts'
import { type ServiceConfig, serviceSchema } from './service.ts'

/** A component as configured: its module, its checked configuration, and where it stands. */
export interface ConfiguredComponent {
  readonly id: ComponentId
  readonly component: Component
  readonly config: unknown
  readonly location: Location
}

/** Configured components of one kind by id text. */
export type ConfiguredByKind = Readonly<Record<ComponentKind, ReadonlyMap<string, ConfiguredComponent>>>

/** A configuration that can be run. Made by {@link loadConfig}. */
export interface CollectorConfig {
  readonly components: ConfiguredByKind
  readonly service: ServiceConfig
  readonly pipelines: readonly PipelinePlan[]
}

/** What {@link loadConfig} found. `config` is there exactly when there are no problems. */
export interface ConfigResult {
  readonly config: CollectorConfig | undefined
  readonly problems: readonly Problem[]
  readonly warnings: readonly Problem[]
}

/** Sections that hold components, in the order of the data's way. */
const sections: readonly { readonly name: string; readonly kind: ComponentKind }[] = [
  { name: 'extensions', kind: 'extension' },
  { name: 'receivers', kind: 'receiver' },
  { name: 'processors', kind: 'processor' },
  { name: 'connectors', kind: 'connector' },
  { name: 'exporters', kind: 'exporter' },
]
const topLevelKeys = ['receivers', 'processors', 'exporters', 'connectors', 'extensions', 'service']

/**
 * Reads and checks a Collector configuration: sources, references, every component's keys, the pipelines. Never rejects;
 * everything wrong is in `problems`, in the order of the files, each with its place.
 *
 * @example
 * ```ts
 * import { loadConfig } from '@otel-ts/collector'
 * const { problems } = await loadConfig({
 *   sources: ['yaml:{receivers: {nop: }, exporters: {debug: }, service: {pipelines: {traces: {receivers: [nop], exporters: [debgu]}}}}'],
 *   environment: {},
 * })
 * console.log(problems[0]?.message) // references exporter "debgu" which is not configured; did you mean "debug"? defined: debug
 * ```
 */
export async function loadConfig(
  options: LoadOptions & { readonly catalog?: ComponentCatalog },
): Promise<ConfigResult> {
  const catalog = options.catalog ?? createCatalog()
  const loaded = await loadConfigMap(options)
  const problems = [...loaded.problems]
  const warnings = [...loaded.warnings]
  const refuse = (): ConfigResult => ({
    config: undefined,
    problems: sortProblems(problems, loaded.files),
    warnings: sortProblems(warnings, loaded.files),
  })
  // A configuration that could not be read in full would only produce follow-up problems.
  if (problems.length > 0) return refuse()
  if (loaded.root.entries.size === 0) {
    problems.push({ code: 'COLLECTOR_CONFIG', location: undefined, path: '', message: 'empty configuration file' })
    return refuse()
  }

  const scope = new Scope([], problems, warnings)
  checkTopLevel(loaded.root, scope)
  const components: Record<ComponentKind, Map<string, ConfiguredComponent>> = {
    extension: new Map(),
    receiver: new Map(),
    processor: new Map(),
    connector: new Map(),
    exporter: new Map(),
  }
  const broken = new Set<string>()
  for (const { name, kind } of sections) {
    await readSection(loaded.root, name, kind, catalog, scope, components[kind], broken)
  }
  const { service, references } = readService(loaded.root, problems, warnings)
  let pipelines: readonly PipelinePlan[] = []
  if (references !== undefined) {
    const servicePlace = loaded.root.entries.get('service')?.value ?? loaded.root
    pipelines = planPipelines(references, components, broken, servicePlace, problems)
  }
  if (problems.length > 0 || service === undefined) return refuse()
  return { config: { components, service, pipelines }, problems: [], warnings: sortProblems(warnings, loaded.files) }
}

function checkTopLevel(root: MapNode, scope: Scope): void {
  for (const [key, { keyLocation }] of root.entries) {
    if (topLevelKeys.includes(key)) continue
    const message = `unknown key ${JSON.stringify(key)}${suggestion(key, topLevelKeys, 'known')}`
    scope.problem('CONFIG_UNKNOWN_KEY', keyLocation, message)
  }
  for (const name of ['receiver', 'exporter']) {
    const node = root.entries.get(`${name}s`)?.value
    if (node === undefined || isNull(node) || (node.kind === 'map' && node.entries.size === 0)) {
      scope.problem('COLLECTOR_CONFIG', node?.location, `no ${name} configuration specified in config`)
    }
  }
}

async function readSection(
  root: MapNode,
  name: string,
  kind: ComponentKind,
  catalog: ComponentCatalog,
  rootScope: Scope,
  configured: Map<string, ConfiguredComponent>,
  broken: Set<string>,
): Promise<void> {
  const section = root.entries.get(name)?.value
  if (section === undefined || isNull(section)) return
  const scope = rootScope.at(name)
  if (section.kind !== 'map') {
    scope.expected(`a map of ${name} by id`, section)
    return
  }
  for (const [key, { keyLocation, value }] of section.entries) {
    const id = parseComponentId(key)
    if (typeof id === 'string') {
      scope.problem('CONFIG_VALUE', keyLocation, id)
      continue
    }
    // Known as configured whatever else is wrong with it, so that references to it are not reported too.
    broken.add(`${kind} ${id.text}`)
    const found = catalog.find(kind, id.type)
    if (found === undefined) {
      scope.problem('COLLECTOR_UNKNOWN_TYPE', keyLocation, unknownType(kind, id, catalog))
      continue
    }
    if (found.alias) {
      const message = `${JSON.stringify(id.type)} alias is deprecated; use ${JSON.stringify(found.entry.type)} instead`
      scope.warn('CONFIG_DEPRECATED', keyLocation, message)
    }
    if (configured.has(id.text)) {
      scope.problem('CONFIG_DUPLICATE_KEY', keyLocation, `duplicate name ${JSON.stringify(id.text)}`)
      continue
    }
    let component: Component
    try {
      component = await found.entry.load()
    } catch (error) {
      scope.problem('COLLECTOR_COMPONENT', keyLocation, `${kind} ${id.type} could not be loaded: ${messageOf(error)}`)
      continue
    }
    const location = isNull(value) ? keyLocation : value.location
    const node = isNull(value) ? ({ kind: 'map', entries: new Map(), location: keyLocation } as const) : value
    const config = (component.config as { read(node: unknown, scope: Scope): unknown }).read(node, scope.at(key))
    if (config === invalid) continue
    configured.set(id.text, { id, component, config, location })
    broken.delete(`${kind} ${id.text}`)
  }
}

function unknownType(kind: ComponentKind, id: ComponentId, catalog: ComponentCatalog): string {
  if (kind === 'exporter' && id.type === 'logging') {
    return 'the logging exporter has been deprecated, use the debug exporter instead'
  }
  const types = catalog.types(kind)
  return `unknown type: ${JSON.stringify(id.type)} for id: ${JSON.stringify(id.text)}${suggestion(id.type, types, 'known')}`
}

/** The service section; `references` is there too when only other parts of the section are wrong. */
function readService(
  root: MapNode,
  problems: Problem[],
  warnings: Problem[],
): { service: ServiceConfig | undefined; references: ServiceConfig | undefined } {
  const node = root.entries.get('service')?.value ?? { kind: 'map', entries: new Map(), location: root.location }
  const map = isNull(node) ? ({ kind: 'map', entries: new Map(), location: node.location } as const) : node
  if (map.kind !== 'map') {
    problems.push({
      code: 'CONFIG_TYPE',
      location: map.location,
      path: 'service',
      message: `expected a map, got ${describeNode(map)}`,
    })
    return { service: undefined, references: undefined }
  }
  const result = readConfig(serviceSchema, map, ['service'])
  problems.push(...result.problems)
  warnings.push(...result.warnings)
  if (result.value !== undefined) return { service: result.value, references: result.value }
  // A misspelt log level must not hide what is wrong with the pipelines.
  const entries = new Map([...map.entries].filter(([key]) => key === 'extensions' || key === 'pipelines'))
  return { service: undefined, references: readConfig(serviceSchema, { ...map, entries }, ['service']).value }
}

// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs'
import { join, sep } from 'node:path'
import { type Located, parseLocated } from './located-yaml.ts'
import { modelError, type Place, type Problem } from './problems.ts'
import { readAttribute } from './read-attribute.ts'
import { readDefinition, readScalar } from './read-definition.ts'
import { type Attribute, type Definition, instrumentKinds, type Metric, type Registry } from './registry.ts'

// Both shapes of file that the registry holds today: `groups`, and `file_format: definition/2`. A list of another
// name would lose its definitions silently, so it is refused.
const topLevelKeys = new Set([
  'groups',
  'file_format',
  'imports',
  'attributes',
  'attribute_groups',
  'metrics',
  'events',
  'spans',
  'entities',
  'metric_refinements',
  'event_refinements',
  'span_refinements',
  'entity_refinements',
])
const groupTypes = new Set(['attribute_group', 'span', 'event', 'metric', 'entity', 'resource', 'scope'])

interface Reference {
  readonly name: string
  readonly place: Place
}

interface Reading {
  readonly attributes: Attribute[]
  readonly metrics: Metric[]
  readonly events: Definition[]
  readonly attributeReferences: Reference[]
  readonly metricReferences: Reference[]
  readonly problems: Problem[]
}

/**
 * Reads every YAML file below `modelFolder` except its manifest.
 *
 * @throws ModelError naming every problem with file, line and column; then nothing of the model is to be used.
 */
export function readModel(modelFolder: string): Registry {
  const files = readdirSync(modelFolder, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.ya?ml$/.test(file) && file !== 'manifest.yaml')
    .map((file) => file.split(sep).join('/'))
    .sort()
  const problems: Problem[] = []
  const reading: Reading = {
    attributes: [],
    metrics: [],
    events: [],
    attributeReferences: [],
    metricReferences: [],
    problems,
  }
  if (files.length === 0) {
    problems.push({
      place: { file: modelFolder, line: 1, column: 1 },
      message: 'folder has no .yaml file; expected the model folder of a semantic conventions registry',
    })
  }
  for (const file of files) {
    const root = parseLocated(file, readFileSync(join(modelFolder, file), 'utf8'), problems)
    if (root !== undefined) readFile(root, file, reading)
  }
  // A definition that could not be read would make every reference to it look wrong as well.
  if (problems.length === 0) checkNames(reading)
  if (problems.length > 0) throw modelError(problems)
  return { attributes: reading.attributes, metrics: reading.metrics, events: reading.events }
}

function readFile(root: Located, file: string, reading: Reading): void {
  const { problems } = reading
  if (root.fields === undefined) {
    problems.push({
      place: root.place,
      message: 'file is not a mapping; expected the key groups, or file_format and lists of definitions',
    })
    return
  }
  for (const [key, value] of root.fields) {
    if (!topLevelKeys.has(key)) {
      problems.push({
        place: value.place,
        message: `key "${key}" is not known; allowed: ${[...topLevelKeys].join(', ')}`,
      })
    }
  }
  const format = root.fields.get('file_format')
  if (format !== undefined && format.scalar !== 'definition/2') {
    problems.push({
      place: format.place,
      message: `file_format "${format.scalar}" is not known; allowed: definition/2`,
    })
  }

  const folder = file.split('/')[0] ?? file
  for (const group of list(root, 'groups', problems)) readGroup(group, folder, reading)
  for (const attribute of list(root, 'attributes', problems)) {
    push(reading.attributes, readAttribute(attribute, 'key', folder, problems))
  }
  for (const metric of list(root, 'metrics', problems)) push(reading.metrics, readMetric(metric, 'name', problems))
  for (const event of list(root, 'events', problems))
    push(reading.events, readDefinition(event, 'event', 'name', problems))
  for (const refinement of list(root, 'metric_refinements', problems)) {
    collectReference(refinement, reading.metricReferences, problems)
  }
  for (const key of topLevelKeys) {
    if (key === 'groups' || key === 'attributes') continue
    for (const holder of list(root, key, problems)) collectAttributeReferences(holder, reading)
  }
}

function readGroup(group: Located, folder: string, reading: Reading): void {
  const { problems } = reading
  const type = readScalar(group, 'type', 'group', problems)
  if (type !== undefined && !groupTypes.has(type)) {
    const place = group.fields?.get('type')?.place ?? group.place
    problems.push({ place, message: `group type "${type}" is not known; allowed: ${[...groupTypes].join(', ')}` })
  }
  const prefix = group.fields?.get('prefix')
  if (prefix !== undefined) {
    problems.push({
      place: prefix.place,
      message: `group has the prefix "${prefix.scalar}"; expected attributes with whole names, as in registries since 1.27`,
    })
  }
  if (type === 'metric') push(reading.metrics, readMetric(group, 'metric_name', problems))
  if (type === 'event') push(reading.events, readDefinition(group, 'event', 'name', problems))
  for (const item of list(group, 'attributes', problems)) {
    if (item.fields?.has('id')) push(reading.attributes, readAttribute(item, 'id', folder, problems))
    else collectReference(item, reading.attributeReferences, problems)
  }
}

function readMetric(item: Located, nameKey: string, problems: Problem[]): Metric | undefined {
  const definition = readDefinition(item, 'metric', nameKey, problems)
  if (definition === undefined) return undefined
  const what = `metric ${definition.name}`
  const kind = readScalar(item, 'instrument', what, problems)
  const instrument = instrumentKinds.find((known) => known === kind)
  if (kind !== undefined && instrument === undefined) {
    const place = item.fields?.get('instrument')?.place ?? item.place
    problems.push({
      place,
      message: `${what}: instrument "${kind}" is not known; allowed: ${instrumentKinds.join(', ')}`,
    })
  }
  const unit = readScalar(item, 'unit', what, problems)
  // The API's own rule for units: ASCII, at most 63 characters.
  if (unit !== undefined && !/^[\x21-\x7e]{1,63}$/.test(unit)) {
    const place = item.fields?.get('unit')?.place ?? item.place
    problems.push({
      place,
      message: `${what}: unit ${JSON.stringify(unit)} is not valid; expected 1 to 63 printable ASCII characters`,
    })
    return undefined
  }
  if (instrument === undefined || unit === undefined) return undefined
  const declared = item.fields?.get('annotations')?.fields?.get('code_generation')?.fields?.get('metric_value_type')
  const valueType = declared?.scalar
  if (declared !== undefined && valueType !== 'int' && valueType !== 'double') {
    problems.push({
      place: declared.place,
      message: `${what}: metric_value_type "${valueType}" is not known; allowed: int, double`,
    })
    return undefined
  }
  return { ...definition, instrument, unit, valueType: valueType as 'int' | 'double' | undefined }
}

function collectAttributeReferences(holder: Located, reading: Reading): void {
  for (const item of list(holder, 'attributes', reading.problems)) {
    if (!item.fields?.has('ref_group')) collectReference(item, reading.attributeReferences, reading.problems)
  }
}

function collectReference(item: Located, references: Reference[], problems: Problem[]): void {
  const name = readScalar(item, 'ref', 'entry', problems)
  if (name !== undefined) references.push({ name, place: item.fields?.get('ref')?.place ?? item.place })
}

function checkNames(reading: Reading): void {
  const { problems } = reading
  const attributes = unique(reading.attributes, 'attribute', problems)
  const metrics = unique(reading.metrics, 'metric', problems)
  unique(reading.events, 'event', problems)
  for (const { name, place } of reading.attributeReferences) {
    if (!attributes.has(name)) problems.push({ place, message: `ref "${name}" names no attribute of this registry` })
  }
  for (const { name, place } of reading.metricReferences) {
    if (!metrics.has(name)) problems.push({ place, message: `ref "${name}" names no metric of this registry` })
  }
  for (const [what, definitions, known] of [
    ['attribute', reading.attributes, attributes],
    ['metric', reading.metrics, metrics],
  ] as const) {
    for (const { name, place, deprecated } of definitions) {
      if (deprecated?.reason !== 'renamed' || known.has(deprecated.renamedTo)) continue
      problems.push({
        place,
        message: `${what} ${name}: renamed_to "${deprecated.renamedTo}" names no ${what} of this registry`,
      })
    }
  }
}

function unique(definitions: readonly Definition[], what: string, problems: Problem[]): ReadonlySet<string> {
  const first = new Map<string, Place>()
  for (const { name, place } of definitions) {
    const earlier = first.get(name)
    if (earlier === undefined) first.set(name, place)
    else problems.push({ place, message: `${what} ${name} is already defined at ${earlier.file}:${earlier.line}` })
  }
  return new Set(first.keys())
}

function list(holder: Located, key: string, problems: Problem[]): readonly Located[] {
  const value = holder.fields?.get(key)
  if (value === undefined || key === 'file_format') return []
  if (value.items === undefined) {
    problems.push({ place: value.place, message: `${key} is not a list` })
    return []
  }
  return value.items
}

function push<T>(target: T[], value: T | undefined): void {
  if (value !== undefined) target.push(value)
}

// SPDX-License-Identifier: Apache-2.0
import type { Located } from './located-yaml.ts'
import type { Problem } from './problems.ts'
import { readDefinition, readScalar, readStage } from './read-definition.ts'
import { type Attribute, type EnumMember, type ValueType, valueTypes } from './registry.ts'

/** Reads one attribute; `folder` is the folder of the model it stands in. */
export function readAttribute(
  item: Located,
  nameKey: string,
  folder: string,
  problems: Problem[],
): Attribute | undefined {
  const definition = readDefinition(item, 'attribute', nameKey, problems)
  if (definition === undefined) return undefined
  const what = `attribute ${definition.name}`
  const page = registryPage(definition.name, folder)
  const type = item.fields?.get('type')

  if (type?.fields !== undefined) {
    const members = readMembers(type, what, problems)
    const valueType = typeof members[0]?.value === 'number' ? 'int' : 'string'
    return { ...definition, type: valueType, template: false, members, page }
  }

  const text = readScalar(item, 'type', what, problems)
  if (text === undefined) return undefined
  const template = /^template\[(.*)\]$/.exec(text)
  const name = template?.[1] ?? text
  const valueType = valueTypes.find((known): known is ValueType => known === name)
  if (valueType === undefined) {
    problems.push({
      place: type?.place ?? item.place,
      message: `${what}: type "${text}" is not known; allowed: ${valueTypes.join(', ')}, template[<one of these>], or a mapping with members`,
    })
    return undefined
  }
  return { ...definition, type: valueType, template: template !== null, members: [], page }
}

function readMembers(type: Located, what: string, problems: Problem[]): readonly EnumMember[] {
  const items = type.fields?.get('members')?.items
  if (items === undefined || items.length === 0) {
    problems.push({ place: type.place, message: `${what}: type has no members; expected a list of at least one` })
    return []
  }
  const members: EnumMember[] = []
  for (const item of items) {
    const id = readScalar(item, 'id', `${what}: member`, problems)
    if (id === undefined) continue
    const place = item.fields?.get('id')?.place ?? item.place
    if (!/^[A-Za-z0-9]+(?:[._-][A-Za-z0-9]+)*$/.test(id)) {
      problems.push({
        place,
        message: `${what}: member id ${JSON.stringify(id)} is not valid; expected words joined by dots, dashes and underscores`,
      })
      continue
    }
    const value = item.fields?.get('value')
    if (typeof value?.scalar !== 'string' && !Number.isSafeInteger(value?.scalar)) {
      problems.push({
        place: value?.place ?? place,
        message: `${what}: member ${id} has the value ${JSON.stringify(value?.scalar)}; expected a string or an integer`,
      })
      continue
    }
    const scalar = value?.scalar as string | number
    const first = members[0]
    if (first !== undefined && typeof first.value !== typeof scalar) {
      problems.push({
        place: value?.place ?? place,
        message: `${what}: member ${id} is a ${typeof scalar}, but member ${first.name} is a ${typeof first.value}; expected one type`,
      })
      continue
    }
    const stage = readStage(item, id, `${what}: member ${id}`, place, problems)
    if (stage !== undefined) members.push({ ...stage, value: scalar })
  }
  return members
}

// The published registry has a page for each namespace; deprecated namespaces (`net`, `az`) and `hw` stand on the page
// of the folder that defines them.
function registryPage(name: string, folder: string): string {
  const namespace = (name.split('.')[0] ?? name).replaceAll('_', '-')
  const folderPage = folder.replaceAll('_', '-')
  return folderPage === `${namespace}s` ? namespace : folderPage
}

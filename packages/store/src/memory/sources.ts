// SPDX-License-Identifier: Apache-2.0
import type { AnyValue, InstrumentationScope, KeyValue, Resource } from '@otel-ts/otlp'

/** Name shown for telemetry whose resource has no `service.name`; the one that the resource conventions reserve. */
export const unknownService = 'unknown_service'

export interface StoredResource {
  readonly resource: Resource
  readonly schemaUrl: string
  readonly service: string
  readonly text: string
}

export interface StoredScope {
  readonly scope: InstrumentationScope
  readonly schemaUrl: string
}

const emptyResource: Resource = { attributes: [], droppedAttributesCount: 0, entityRefs: [] }
const emptyScope: InstrumentationScope = { name: '', version: '', attributes: [], droppedAttributesCount: 0 }

/**
 * The resources and scopes of one segment, each held once however many batches name them: applications send the
 * same ones with every request.
 */
export class Sources {
  readonly resources: StoredResource[] = []
  readonly scopes: StoredScope[] = []
  #resourceIds: Map<string, number> | undefined = new Map()
  #scopeIds: Map<string, number> | undefined = new Map()
  byteCount = 0

  addResource(resource: Resource | undefined, schemaUrl: string): number {
    const held = resource ?? emptyResource
    const text = resourceText(held, schemaUrl)
    const known = this.#resourceIds!.get(text)
    if (known !== undefined) return known
    const id = this.resources.length
    this.resources.push({ resource: held, schemaUrl, service: serviceOf(held), text })
    this.#resourceIds!.set(text, id)
    this.byteCount += 200 + text.length * 4 + held.attributes.length * 64
    return id
  }

  addScope(scope: InstrumentationScope | undefined, schemaUrl: string): number {
    const held = scope ?? emptyScope
    const text = scopeText(held, schemaUrl)
    const known = this.#scopeIds!.get(text)
    if (known !== undefined) return known
    const id = this.scopes.length
    this.scopes.push({ scope: held, schemaUrl })
    this.#scopeIds!.set(text, id)
    this.byteCount += 160 + text.length * 4 + held.attributes.length * 64
    return id
  }

  seal(): void {
    this.#resourceIds = undefined
    this.#scopeIds = undefined
  }
}

export function serviceOf(resource: Resource): string {
  for (const attribute of resource.attributes) {
    if (attribute.key !== 'service.name') continue
    const text = scalarText(attribute.value)
    return text === undefined || text === '' ? unknownService : text
  }
  return unknownService
}

/** Text of a string, number or boolean as filters and completion see it; undefined for the other kinds. */
export function scalarText(value: AnyValue): string | undefined {
  switch (typeof value) {
    case 'string':
      return value
    case 'number':
    case 'bigint':
    case 'boolean':
      return String(value)
    default:
      return undefined
  }
}

/** One text per distinct list of attributes, kinds of values told apart; used as a key for finding equal ones. */
export function attributesText(attributes: readonly KeyValue[]): string {
  let text = ''
  for (const attribute of attributes) text += `${attribute.key.length}:${attribute.key}${valueText(attribute.value)}`
  return text
}

function valueText(value: AnyValue): string {
  switch (typeof value) {
    case 'string':
      return `s${value.length}:${value}`
    case 'boolean':
      return value ? 't' : 'f'
    case 'bigint':
      return `i${value};`
    case 'number':
      return Object.is(value, -0) ? 'd-0;' : `d${value};`
    case 'undefined':
      return 'e'
  }
  if (value instanceof Uint8Array) return `b${value.length}:${value.join()};`
  if ('list' in value) return `[${value.list.map(valueText).join('')}]`
  return `{${attributesText(value.kvlist)}}`
}

function resourceText(resource: Resource, schemaUrl: string): string {
  let text = `${schemaUrl}\n${resource.droppedAttributesCount}\n${attributesText(resource.attributes)}`
  for (const entity of resource.entityRefs) text += `\n${JSON.stringify(entity)}`
  return text
}

export function scopeText(scope: InstrumentationScope, schemaUrl: string): string {
  const head = JSON.stringify([schemaUrl, scope.name, scope.version, scope.droppedAttributesCount])
  return `${head}\n${attributesText(scope.attributes)}`
}

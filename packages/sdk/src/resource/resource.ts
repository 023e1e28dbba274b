// SPDX-License-Identifier: Apache-2.0
import type { Attributes } from '@otel-ts/api'
import { sdkEvents } from '../events.ts'
import { invalidValue, keepValue, keysOf, readProperty, setOwn } from '../trace/attributes.ts'

/** A value, or one that is still being found out. */
export type MaybePromise<T> = T | Promise<T>

/** Attributes of a resource as a detector gives them. */
export type DetectedResourceAttributes = Record<string, MaybePromise<unknown>>

/** One attribute as it was given. */
export type RawResourceAttribute = [string, MaybePromise<unknown>]

/** What telemetry is about: a service, a process, a host. */
export interface Resource {
  /** Whether some attributes are still being found out; exporters wait for them. */
  readonly asyncAttributesPending?: boolean
  /** Attributes known by now. */
  readonly attributes: Attributes
  readonly schemaUrl?: string
  /** Resolves when all attributes are known; never rejects. */
  waitForAsyncAttributes?(): Promise<void>
  /** A resource with the attributes of both; those of `other` win. */
  merge(other: Resource | null): Resource
  /** Attributes as they were given, promises included. */
  getRawAttributes(): RawResourceAttribute[]
}

/** Options of {@link resourceFromAttributes}. */
export interface ResourceOptions {
  /** Schema of the attributes. */
  schemaUrl?: string
}

/**
 * Makes a resource. Values may be promises: one that rejects is left out, with a warning.
 *
 * @example
 * ```ts
 * import { resourceFromAttributes } from '@otel-ts/sdk'
 * const resource = resourceFromAttributes({ 'service.name': 'shop' }).merge(resourceFromAttributes({ 'service.version': '2' }))
 * console.log(resource.attributes) // { 'service.name': 'shop', 'service.version': '2' }
 * ```
 */
export function resourceFromAttributes(attributes: DetectedResourceAttributes, options?: ResourceOptions): Resource {
  const raw: RawResourceAttribute[] = []
  for (const key of keysOf(attributes)) {
    if (key === '') sdkEvents.invalidAttribute('the resource', key)
    else raw.push([key, readProperty(attributes, key)])
  }
  return new ResolvingResource(raw, options?.schemaUrl)
}

/** A resource without attributes. */
export function emptyResource(): Resource {
  return new ResolvingResource([], undefined)
}

class ResolvingResource implements Resource {
  readonly #raw: RawResourceAttribute[]
  readonly #schemaUrl: string | undefined
  #known: Attributes | undefined
  #pending: Promise<void> | undefined

  constructor(raw: RawResourceAttribute[], schemaUrl: string | undefined) {
    this.#schemaUrl = schemaUrl
    this.#raw = raw
    const waits: Promise<void>[] = []
    raw.forEach((entry, index) => {
      const value = entry[1]
      if (!isPromiseLike(value)) return
      waits.push(
        Promise.resolve(value).then(
          (resolved) => {
            raw[index] = [entry[0], resolved]
            this.#known = undefined
          },
          (error: unknown) => {
            raw[index] = [entry[0], undefined]
            sdkEvents.callbackThrew(`the promise of resource attribute "${entry[0]}"`, error)
          },
        ),
      )
    })
    if (waits.length > 0) {
      this.#pending = Promise.all(waits).then(() => {
        this.#pending = undefined
      })
    }
  }

  get schemaUrl(): string {
    return this.#schemaUrl as string
  }

  get asyncAttributesPending(): boolean {
    return this.#pending !== undefined
  }

  waitForAsyncAttributes(): Promise<void> {
    return this.#pending ?? Promise.resolve()
  }

  get attributes(): Attributes {
    const known = this.#known
    if (known !== undefined) return known
    const attributes: Attributes = {}
    for (const [key, value] of this.#raw) {
      if (value === undefined || isPromiseLike(value)) continue
      // The specification exempts resources from limits of attributes.
      const kept = keepValue(value, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY)
      if (kept === invalidValue) sdkEvents.invalidAttribute('the resource', key)
      else setOwn(attributes, key, kept)
    }
    this.#known = attributes
    return attributes
  }

  getRawAttributes(): RawResourceAttribute[] {
    return this.#raw
  }

  merge(other: Resource | null): Resource {
    if (other === null || other === undefined) return this
    const merged = new Map<string, MaybePromise<unknown>>()
    for (const [key, value] of this.#raw) merged.set(key, value)
    for (const [key, value] of rawOf(other)) merged.set(key, value)
    return new ResolvingResource([...merged], mergeSchemaUrl(this.#schemaUrl, other.schemaUrl))
  }
}

function rawOf(resource: Resource): RawResourceAttribute[] {
  return typeof resource.getRawAttributes === 'function'
    ? resource.getRawAttributes()
    : Object.entries(resource.attributes)
}

function isPromiseLike(value: unknown): value is Promise<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    'then' in value &&
    typeof (value as Promise<unknown>).then === 'function'
  )
}

// Two different schemas cannot both describe the result: resource/sdk.md#merge leaves it to the implementation, and no schema is the honest answer.
function mergeSchemaUrl(mine: string | undefined, theirs: string | undefined): string | undefined {
  if (!mine) return theirs || undefined
  if (!theirs || mine === theirs) return mine
  sdkEvents.schemaConflict(mine, theirs)
  return undefined
}

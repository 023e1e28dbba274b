// SPDX-License-Identifier: Apache-2.0

/** Marks a value that no attribute can have. */
export const invalidValue: unique symbol = Symbol('invalid attribute value')

/** An attribute object as the SDK keeps it: own, plain, values checked or about to be. */
export type AttributeRecord = Record<string, unknown>

const minInt64 = -(2n ** 63n)
const maxInt64 = 2n ** 63n - 1n

// Sharing inside a value can make its copy exponentially larger than itself; no honest attribute has this many containers.
const maxContainerCount = 10_000
// An array can claim four thousand million items that it does not have, and its copy would have them all.
const maxItemCount = 1_000_000

let containerCount = 0
let itemCount = 0
const path: object[] = []

/**
 * The value as the SDK keeps it: strings and bytes cut to `lengthLimit`, arrays and maps copied, containers deeper
 * than `depthLimit` empty. `invalidValue` for anything that is no AnyValue: functions, symbols, bigint beyond int64,
 * instances of classes, cycles, objects that throw when read, and values of more than 10,000 containers or a million items.
 */
export function keepValue(value: unknown, lengthLimit: number, depthLimit: number): unknown {
  switch (typeof value) {
    case 'string':
      return value.length > lengthLimit ? truncate(value, lengthLimit) : value
    case 'number':
    case 'boolean':
      return value
    case 'bigint':
      return value >= minInt64 && value <= maxInt64 ? value : invalidValue
    case 'object':
      if (value === null) return null
      break
    default:
      return invalidValue
  }
  containerCount = 0
  itemCount = 0
  path.length = 0
  try {
    return copyObject(value, lengthLimit, depthLimit, 1)
  } catch {
    return invalidValue
  } finally {
    path.length = 0
  }
}

function copyNested(value: unknown, lengthLimit: number, depthLimit: number, depth: number): unknown {
  if (value === undefined) return null
  if (typeof value === 'object' && value !== null) return copyObject(value, lengthLimit, depthLimit, depth)
  return keepPrimitive(value, lengthLimit)
}

function keepPrimitive(value: unknown, lengthLimit: number): unknown {
  if (typeof value === 'string') return value.length > lengthLimit ? truncate(value, lengthLimit) : value
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return value
  if (typeof value === 'bigint' && value >= minInt64 && value <= maxInt64) return value
  return invalidValue
}

function copyObject(value: object, lengthLimit: number, depthLimit: number, depth: number): unknown {
  if (value instanceof Uint8Array) return value.slice(0, Math.min(value.length, lengthLimit))
  if (depth > depthLimit) return null
  if (++containerCount > maxContainerCount || path.includes(value)) return invalidValue
  path.push(value)
  const copy = Array.isArray(value)
    ? copyArray(value, lengthLimit, depthLimit, depth)
    : copyMap(value, lengthLimit, depthLimit, depth)
  path.pop()
  return copy
}

function copyArray(value: unknown[], lengthLimit: number, depthLimit: number, depth: number): unknown {
  const copy: unknown[] = []
  const count = value.length
  itemCount += count
  if (itemCount > maxItemCount) return invalidValue
  for (let i = 0; i < count; i++) {
    const kept = copyNested(value[i], lengthLimit, depthLimit, depth + 1)
    if (kept === invalidValue) return invalidValue
    copy.push(kept)
  }
  return copy
}

function copyMap(value: object, lengthLimit: number, depthLimit: number, depth: number): unknown {
  const prototype: unknown = Object.getPrototypeOf(value)
  // Plain objects of another realm count too: their prototype is the end of a chain.
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) return invalidValue
  const copy: AttributeRecord = {}
  for (const key of Object.keys(value)) {
    const item = (value as AttributeRecord)[key]
    if (item === undefined) continue
    const kept = copyNested(item, lengthLimit, depthLimit, depth + 1)
    if (kept === invalidValue) return invalidValue
    setOwn(copy, key, kept)
  }
  return copy
}

/** The first `limit` characters; a character outside the basic plane counts as one and is never cut in two. */
export function truncate(text: string, limit: number): string {
  let end = 0
  for (let count = 0; count < limit && end < text.length; count++) {
    end += text.codePointAt(end)! > 0xffff ? 2 : 1
  }
  return text.slice(0, end)
}

/** Sets an own property whatever its name: plain assignment of `__proto__` would replace the prototype. */
export function setOwn(target: AttributeRecord, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true })
  } else target[key] = value
}

/** What came of an attribute object that a user gave. */
export interface KeptAttributes {
  readonly attributes: AttributeRecord
  /** Attributes over the count limit. */
  readonly droppedCount: number
  /** Attributes without a key or with a value that none can have. */
  readonly invalidCount: number
}

/** Copies a user's attributes within limits; undefined values count as not given. Never throws, whatever getters do. */
export function keepAttributes(
  source: unknown,
  countLimit: number,
  lengthLimit: number,
  depthLimit: number,
): KeptAttributes {
  const attributes: AttributeRecord = {}
  let count = 0
  let droppedCount = 0
  let invalidCount = 0
  for (const key of keysOf(source)) {
    const value = readProperty(source, key)
    if (value === undefined) continue
    if (key === '' || value === invalidValue) {
      invalidCount++
      continue
    }
    if (count >= countLimit) {
      droppedCount++
      continue
    }
    const kept = keepValue(value, lengthLimit, depthLimit)
    if (kept === invalidValue) {
      invalidCount++
      continue
    }
    setOwn(attributes, key, kept)
    count++
  }
  return { attributes, droppedCount, invalidCount }
}

/** Own enumerable string keys; none for what is no object or refuses to list them. */
export function keysOf(source: unknown): string[] {
  if (typeof source !== 'object' || source === null) return []
  try {
    // Inside: a proxy that was revoked throws at the question whether it is an array.
    return Array.isArray(source) ? [] : Object.keys(source)
  } catch {
    return []
  }
}

/** The property's value, or `invalidValue` when its getter throws. */
export function readProperty(source: unknown, key: string): unknown {
  try {
    return (source as AttributeRecord)[key]
  } catch {
    return invalidValue
  }
}

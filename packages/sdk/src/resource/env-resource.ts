// SPDX-License-Identifier: Apache-2.0

import { readString } from '../env/read.ts'
import { sdkEvents } from '../events.ts'
import { type DetectedResourceAttributes, type Resource, resourceFromAttributes } from './resource.ts'

/**
 * The resource that `OTEL_RESOURCE_ATTRIBUTES` and `OTEL_SERVICE_NAME` describe; the latter wins for `service.name`.
 * A list with any error in it is refused whole, as the specification asks (resource/sdk.md).
 */
export function environmentResource(): Resource {
  const attributes: DetectedResourceAttributes = {}
  const text = readString('OTEL_RESOURCE_ATTRIBUTES')
  if (text !== undefined) {
    const parsed = parseResourceAttributes(text)
    if (typeof parsed === 'string') {
      sdkEvents.invalidSetting(
        'OTEL_RESOURCE_ATTRIBUTES',
        text,
        `key=value pairs joined by commas, with "," and "=" in them percent-encoded (${parsed})`,
        'the whole list is ignored',
      )
    } else for (const [key, value] of parsed) attributes[key] = value
  }
  const serviceName = readString('OTEL_SERVICE_NAME')
  if (serviceName !== undefined) attributes['service.name'] = serviceName
  return resourceFromAttributes(attributes)
}

/** Pairs of a resource attribute list, or what is wrong with it. */
export function parseResourceAttributes(text: string): [string, string][] | string {
  const pairs: [string, string][] = []
  for (const member of text.split(',')) {
    if (member.trim() === '') continue
    const equals = member.indexOf('=')
    if (equals < 0) return `"${member.trim()}" has no "="`
    try {
      const key = decodeURIComponent(member.slice(0, equals).trim())
      if (key === '') return `"${member.trim()}" has no key`
      pairs.push([key, decodeURIComponent(member.slice(equals + 1).trim())])
    } catch {
      return `"${member.trim()}" has a percent sign without two hex digits of UTF-8`
    }
  }
  return pairs
}

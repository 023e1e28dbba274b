// SPDX-License-Identifier: Apache-2.0

import { sdkVersion } from '../version.ts'
import { type Resource, resourceFromAttributes } from './resource.ts'

/** `unknown_service:` and the name of the running executable, as the specification names a service that has no name. */
export function defaultServiceName(): string {
  const { process } = globalThis as { process?: { argv0?: string; execPath?: string } }
  const path = process?.argv0 || process?.execPath || ''
  const name = path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1)
  return name === '' ? 'unknown_service' : `unknown_service:${name}`
}

/**
 * The resource of a provider that was given none: `service.name` and what SDK this is.
 *
 * @example
 * ```ts
 * import { defaultResource } from '@otel-ts/sdk'
 * console.log(defaultResource().attributes['telemetry.sdk.language']) // nodejs
 * ```
 */
export function defaultResource(): Resource {
  return resourceFromAttributes({
    'service.name': defaultServiceName(),
    'telemetry.sdk.language': 'nodejs',
    'telemetry.sdk.name': 'otel-ts',
    'telemetry.sdk.version': sdkVersion,
  })
}

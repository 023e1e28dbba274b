// SPDX-License-Identifier: Apache-2.0
/**
 * For SDKs: registers providers for the whole process. Applications use the SDK's start function or the `setGlobal…`
 * functions of `@otel-ts/api`.
 *
 * @packageDocumentation
 */
export type { ForeignApi } from './global/foreign-api.ts'
export {
  type GlobalParts,
  type GlobalSlot,
  hasDiagLogger,
  type Registration,
  type RegistrationOptions,
  type RegistrationRefusal,
  registerGlobals,
} from './global/register.ts'
export { stampVersion } from './global/version.ts'
export { unwrapObservable } from './metrics/proxy-instruments.ts'

// SPDX-License-Identifier: Apache-2.0
import { diag } from '../diag/diag-api.ts'
import { apiGlobal } from '../global/api-global.ts'
import { existingProcessState } from '../global/process-state.ts'

/**
 * Shows the registered meter provider to every observable instrument and batch callback made before it was there. Unlike
 * a counter, which looks for the SDK when it is called, these must be known to the SDK before anybody calls them.
 *
 * Registration through this package calls this at once. A foreign SDK tells us nothing, so it also runs whenever metrics
 * are used through this package and the provider is another one than last time.
 */
export function showMeterProvider(): void {
  const state = existingProcessState()
  if (state === undefined || state.lateBindings.size === 0) return
  const provider = apiGlobal()?.metrics
  if (provider === state.boundMeterProvider) return
  // Set first: binding uses metrics and would come here again.
  state.boundMeterProvider = provider
  for (const late of [...state.lateBindings]) {
    try {
      late.bind()
    } catch (error) {
      // One that the SDK cannot take must not keep the others, or the registration, from going on.
      diag.error(
        `API_LATE_BINDING: handing a callback over to the registered SDK threw ${String(error)}; ` +
          'expected it to take callbacks; this one is not called',
      )
    }
  }
}

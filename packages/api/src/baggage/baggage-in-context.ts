// SPDX-License-Identifier: Apache-2.0
import { activeContext } from '../context/active-context.ts'
import { baggageKey, type Context } from '../context/context.ts'
import type { Baggage } from './baggage.ts'

/** The baggage in `context`, if any. */
export function getBaggage(context: Context): Baggage | undefined {
  return (context.getValue(baggageKey) as Baggage | undefined) || undefined
}

/** The baggage in the active context, if any. */
export function getActiveBaggage(): Baggage | undefined {
  return getBaggage(activeContext())
}

/** A context like `context` that holds `baggage`. */
export function setBaggage(context: Context, baggage: Baggage): Context {
  return context.setValue(baggageKey, baggage)
}

/** A context like `context` without any baggage: for calls to those who shall not see it. */
export function deleteBaggage(context: Context): Context {
  return context.deleteValue(baggageKey)
}

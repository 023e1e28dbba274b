// SPDX-License-Identifier: Apache-2.0
import type { AsyncLocalStorage } from 'node:async_hooks'
import type { Context } from '@otel-ts/api'
import { sdkEvents } from '../events.ts'

/** The context for what a channel of `node:diagnostics_channel` announces: made from its message and the active context. */
export type ChannelContext = (message: unknown, active: Context) => Context

/** A channel of `node:diagnostics_channel`, whatever it was declared to carry: hence the parameters. */
export interface StoreChannel {
  bindStore(storage: never, transform: never): unknown
  unbindStore(storage: never): unknown
}

// For every copy of this package: they share the storage, and a channel keeps one binding for each storage.
const bindingsKey: unique symbol = Symbol.for('otel-ts.channel-bindings.1') as never

type Bindings = WeakMap<object, ChannelContext[]>

/**
 * Binds a channel to the context storage. Several may bind one channel: each gets the context that the one before it
 * made. Returns what undoes it.
 */
export function bindChannel(
  storage: AsyncLocalStorage<Context>,
  active: () => Context,
  channel: StoreChannel,
  contextOf: ChannelContext,
): () => void {
  const host = globalThis as { [bindingsKey]?: Bindings }
  const bindings = (host[bindingsKey] ??= new WeakMap())
  const makers = bindings.get(channel) ?? []
  // The same function may be bound twice, and each binding undone for itself.
  const maker: ChannelContext = (message, context) => contextOf(message, context)
  bindings.set(channel, [...makers, maker])
  if (makers.length === 0) {
    const transform = (message: unknown): Context => {
      let context = active()
      for (const make of bindings.get(channel) ?? []) context = contextFrom(make, message, context)
      return context
    }
    channel.bindStore(storage as never, transform as never)
  }
  return () => {
    const left = (bindings.get(channel) ?? []).filter((other) => other !== maker)
    if (left.length > 0) bindings.set(channel, left)
    else if (bindings.delete(channel)) channel.unbindStore(storage as never)
  }
}

// What is thrown inside a channel ends the process as an uncaught exception; what is no context would break every read.
function contextFrom(make: ChannelContext, message: unknown, context: Context): Context {
  try {
    const made: unknown = make(message, context)
    if (typeof (made as Context | null | undefined)?.getValue === 'function') return made as Context
    sdkEvents.callbackThrew('the function that makes the context of a channel (it made none)', made)
  } catch (error) {
    sdkEvents.callbackThrew('the function that makes the context of a channel', error)
  }
  return context
}

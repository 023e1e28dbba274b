// SPDX-License-Identifier: Apache-2.0
// What an SDK looks like from the API, small enough to see through: every call is noted in `seen`.
'use strict'

const { AsyncLocalStorage } = require('node:async_hooks')

module.exports = function createSdk(rootContext) {
  const seen = []
  const callbacks = []

  function span(name) {
    const made = {
      spanContext: () => ({ traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 }),
      isRecording: () => true,
      end: () => void seen.push(`end ${name}`),
    }
    for (const method of [
      'setAttribute',
      'setAttributes',
      'addEvent',
      'addLink',
      'addLinks',
      'setStatus',
      'updateName',
    ]) {
      made[method] = () => made
    }
    return made
  }

  const tracerProvider = {
    getTracer(scope, version, options) {
      seen.push(`getTracer ${[scope, version, JSON.stringify(options)].filter(Boolean).join(' ')}`)
      return {
        startSpan(name) {
          seen.push(`startSpan ${name}`)
          return span(name)
        },
        // As SDKs do it: by the number of arguments.
        startActiveSpan(...args) {
          seen.push(`startActiveSpan/${args.length} ${args[0]}`)
          return args.at(-1)(span(args[0]))
        },
      }
    },
    async forceFlush() {
      seen.push('forceFlush')
    },
  }

  const sync = (kind) => (name) => {
    seen.push(`${kind} ${name}`)
    const note = (value) => void seen.push(`${name} ${value}`)
    return { add: note, record: note }
  }
  const observable = (kind) => (name) => {
    seen.push(`${kind} ${name}`)
    return {
      addCallback: (callback) => void callbacks.push([name, callback]),
      removeCallback: () => {},
    }
  }
  const meterProvider = {
    getMeter: () => ({
      createCounter: sync('createCounter'),
      createUpDownCounter: sync('createUpDownCounter'),
      createHistogram: sync('createHistogram'),
      createGauge: sync('createGauge'),
      createObservableCounter: observable('createObservableCounter'),
      createObservableUpDownCounter: observable('createObservableUpDownCounter'),
      createObservableGauge: observable('createObservableGauge'),
      addBatchObservableCallback: (callback) => void callbacks.push(['batch', callback]),
      removeBatchObservableCallback: () => {},
    }),
  }

  const loggerProvider = {
    getLogger: () => ({
      emit: (record) => void seen.push(`emit ${record.body}`),
      enabled: () => true,
    }),
  }

  const storage = new AsyncLocalStorage()
  const contextManager = {
    active: () => storage.getStore() ?? rootContext,
    with: (context, fn, thisArg, ...args) => storage.run(context, () => fn.apply(thisArg, args)),
    bind: (_context, target) => target,
    enable() {
      return this
    },
    disable() {
      return this
    },
  }

  const propagator = {
    inject: (_context, carrier, setter) => setter.set(carrier, 'x-fake', '1'),
    extract: (context, carrier, getter) => context.setValue(Symbol.for('fake'), getter.get(carrier, 'x-fake')),
    fields: () => ['x-fake'],
  }

  return {
    seen,
    tracerProvider,
    meterProvider,
    loggerProvider,
    contextManager,
    propagator,
    parts: {
      trace: tracerProvider,
      metrics: meterProvider,
      logs: loggerProvider,
      context: contextManager,
      propagation: propagator,
    },
    /** Calls all callbacks and returns what they observe. */
    collect() {
      const observed = []
      for (const [name, callback] of callbacks) {
        callback({ observe: (...args) => void observed.push(`${name} ${args.find((arg) => typeof arg === 'number')}`) })
      }
      return observed
    },
  }
}

// SPDX-License-Identifier: Apache-2.0
import { apiGlobal } from '../global/api-global.ts'
import { removeGlobal, setGlobal } from '../global/register.ts'
import { showMeterProvider } from './late-binding.ts'
import type { Meter, MeterOptions, MeterProvider } from './meter.ts'
import { ProxyMeter } from './proxy-meter.ts'

/** Functions of {@link metrics}. */
export interface MetricsAPI {
  /**
   * Registers `provider` for the whole process. A registration call: it creates the OpenTelemetry global if there is
   * none. False, with a diagnostic error, if another one is registered.
   */
  setGlobalMeterProvider(provider: MeterProvider): boolean
  /** The registered meter provider; without one, a provider whose meters find it when it comes. */
  getMeterProvider(): MeterProvider
  /**
   * A meter of the registered provider. May be called before an SDK is registered, and kept: such a meter and its
   * instruments, callbacks included, find the SDK when it comes.
   */
  getMeter(name: string, version?: string, options?: MeterOptions): Meter
  /** Removes the registered provider. */
  disable(): void
}

function getMeter(name: string, version?: string, options?: MeterOptions): Meter {
  const meter = apiGlobal()?.metrics?.getMeter(name, version, options)
  if (meter === undefined) return new ProxyMeter(name, version, options)
  showMeterProvider()
  // Meters of SDKs for API < 1.9 cannot create gauges; the proxy gives one that records nothing instead of throwing.
  return typeof meter.createGauge === 'function' ? meter : new ProxyMeter(name, version, options)
}

const lateMeterProvider: MeterProvider = { getMeter }

/**
 * The metrics API. Specification: metrics/api.md.
 *
 * @example
 * ```ts
 * import { metrics } from '@otel-ts/api'
 * const meter = metrics.getMeter('shop', '1.2.0')
 * const orders = meter.createCounter('shop.orders', { unit: '{order}' })
 * orders.add(1, { 'shop.region': 'eu' })
 * const forEurope = orders.bind?.({ 'shop.region': 'eu' })
 * forEurope?.add(1)
 * console.log(orders.enabled?.()) // false
 * ```
 */
export const metrics: MetricsAPI = {
  setGlobalMeterProvider: (provider) => setGlobal('metrics', provider),
  getMeterProvider: () => apiGlobal()?.metrics ?? lateMeterProvider,
  getMeter,
  disable: () => removeGlobal('metrics'),
}

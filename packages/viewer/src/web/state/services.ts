// SPDX-License-Identifier: Apache-2.0
import { type Signal, signal } from '@preact/signals'
import type { ServicesResponse } from '../../api.ts'
import { ServiceColours } from '../colour/service-colour.ts'
import { fetchServices } from './client.ts'

/** Colours of services, the same on every screen. */
export const serviceColours: ServiceColours = new ServiceColours()
export const services: Signal<ServicesResponse['services']> = signal<ServicesResponse['services']>([])

// Counts in the facets may lag: asking for them with every batch would double the requests under load.
const laterMillis = 1500
let timer: number | undefined

/** Brings the services up to date soon; many calls make one request. */
export function refreshServicesLater(): void {
  if (timer !== undefined) return
  timer = window.setTimeout(() => {
    timer = undefined
    void refreshServices()
  }, laterMillis)
}

let running: Promise<void> | undefined

/** Asks for the services held. Resolves when colours are given out; failing is left to the other requests to report. */
export function refreshServices(): Promise<void> {
  running ??= fetchServices(new AbortController().signal)
    .then((response) => {
      serviceColours.reserve(response.services.map((service) => service.name))
      services.value = response.services
    })
    .catch(() => undefined)
    .finally(() => {
      running = undefined
    })
  return running
}

// SPDX-License-Identifier: Apache-2.0
import { type Signal, signal } from '@preact/signals'
import type { ServicesResponse } from '../../api.ts'
import { ServiceColours } from '../colour/service-colour.ts'
import { fetchServices } from './client.ts'

/** Colours of services, the same on every screen. */
export const serviceColours: ServiceColours = new ServiceColours()
export const services: Signal<ServicesResponse['services']> = signal<ServicesResponse['services']>([])

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

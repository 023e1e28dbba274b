// SPDX-License-Identifier: Apache-2.0
import type { JSX } from 'preact'
import { serviceColours } from '../state/services.ts'
import { theme } from '../state/theme.ts'

/** The dot in a service's colour; always stands beside its name. */
export function ServiceDot({ service }: { service: string }): JSX.Element {
  return <span class="dot" style={{ backgroundColor: serviceColours.colour(service, theme.value) }} />
}

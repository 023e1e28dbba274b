// SPDX-License-Identifier: Apache-2.0
import { type Signal, signal } from '@preact/signals'

/** A short message at the foot of the page; also read out. */
export const announcement: Signal<string> = signal('')

let timer: number | undefined

/** Shows a message for three seconds. */
export function say(message: string): void {
  announcement.value = message
  window.clearTimeout(timer)
  timer = window.setTimeout(() => {
    announcement.value = ''
  }, 3000)
}

// SPDX-License-Identifier: Apache-2.0
import { say } from './announce.ts'

/** Copies and says so. Without permission the text is left for the reader to copy by hand. */
export async function copyText(text: string, what: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text)
    say(`${what} copied`)
  } catch {
    // Pages on plain HTTP from another machine have no clipboard API; a selection of our own still works there.
    const area = document.createElement('textarea')
    area.value = text
    area.style.position = 'fixed'
    area.style.opacity = '0'
    document.body.append(area)
    area.select()
    const done = document.execCommand('copy')
    area.remove()
    say(done ? `${what} copied` : `The browser does not allow copying; ${what.toLowerCase()} not copied`)
  }
}

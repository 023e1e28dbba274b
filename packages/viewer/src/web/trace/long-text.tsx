// SPDX-License-Identifier: Apache-2.0
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { formatBytes } from '../format/count.ts'
import { cut } from '../format/text.ts'

const shortLength = 400
// What one more click brings. A megabyte in one text node makes the browser's layout stall for seconds.
const stepLength = 50_000

/** Text of any length: the beginning first, more on request. It is only ever text, whatever it looks like. */
export function LongText({ text }: { text: string }): JSX.Element {
  const [shown, setShown] = useState(shortLength)
  const visible = cut(text, shown)
  const hidden = text.length - visible.length
  return (
    <div class="long-text">
      <span class="value-text" dir="auto">
        {visible}
        {hidden > 0 && '…'}
      </span>
      {(hidden > 0 || shown > shortLength) && (
        <span class="long-text-tools">
          {hidden > 0 && (
            <button
              type="button"
              class="text-button"
              onClick={() => setShown(shown === shortLength ? stepLength : shown + stepLength)}
            >
              {hidden > stepLength ? `Show more (${formatBytes(text.length)} in all)` : 'Show all'}
            </button>
          )}
          {shown > shortLength && (
            <button type="button" class="text-button" onClick={() => setShown(shortLength)}>
              Show less
            </button>
          )}
        </span>
      )}
    </div>
  )
}

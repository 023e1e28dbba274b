// SPDX-License-Identifier: Apache-2.0
import { render } from 'preact'
import './style/main.css'
import { App } from './app.tsx'
import { fetchStats } from './state/client.ts'
import { connectLive, onLive, stats } from './state/live.ts'
import { view } from './state/router.ts'

connectLive()

// The list brings the figures with its rows; on other screens they are asked for, at most every two seconds.
let statsTimer: number | undefined
function refreshStats(): void {
  fetchStats(new AbortController().signal)
    .then((answer) => {
      stats.value = answer
    })
    .catch(() => undefined)
}
onLive(() => {
  if (view.peek().page === 'list' || document.hidden || statsTimer !== undefined) return
  statsTimer = window.setTimeout(() => {
    statsTimer = undefined
    refreshStats()
  }, 2000)
})
refreshStats()

const root = document.getElementById('app')
if (root) render(<App />, root)

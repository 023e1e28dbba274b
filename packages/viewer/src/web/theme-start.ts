// SPDX-License-Identifier: Apache-2.0
// Runs before the first paint, so a page in the dark theme does not flash white.
;(() => {
  let choice: string | null = null
  try {
    choice = localStorage.getItem('otel-ts.theme')
  } catch {
    // Storage may be forbidden: follow the system.
  }
  const dark = choice === 'dark' || (choice !== 'light' && window.matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.dataset['theme'] = dark ? 'dark' : 'light'
})()

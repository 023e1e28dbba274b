// SPDX-License-Identifier: Apache-2.0
// `npm run test:e2e`: the product in a real browser, Debian's Chromium driven by Playwright.
import { spawnSync } from 'node:child_process'
import { build, install } from './install.mjs'
import { vitest } from './vitest.mjs'

install()
build()
const chromium = findChromium()
const args = ['--config', 'tests/e2e/vitest.config.ts', ...process.argv.slice(2)]
if (chromium === undefined) {
  console.log('skipped: tests in a browser: no Chromium found; on Debian: apt-get install chromium-headless-shell')
  args.push('--exclude=tests/e2e/viewer/**', '--exclude=tests/e2e/browser/**', '--exclude=tests/e2e/demo/**')
}
const env = chromium === undefined ? {} : { CHROMIUM_PATH: chromium }
process.exitCode = vitest({ name: 'e2e', args, env }) ? 0 : 1

// CI runs as root on a new machine: there the package is installed; elsewhere the reader is told how.
function findChromium() {
  const found = which()
  if (found !== undefined || process.getuid?.() !== 0 || process.env['CI'] === undefined) return found
  process.stderr.write('installing chromium-headless-shell …\n')
  spawnSync('apt-get', ['update', '-qq'], { stdio: 'ignore' })
  spawnSync('apt-get', ['install', '-y', '-qq', 'chromium-headless-shell'], {
    stdio: 'ignore',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  })
  return which()
}

function which() {
  for (const name of ['chromium-headless-shell', 'chromium']) {
    const result = spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' })
    if (result.status === 0) return result.stdout.trim()
  }
  return undefined
}

// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** Builds the page from its present source, so a test never runs against yesterday's. */
export function setup(): void {
  const root = fileURLToPath(new URL('../../..', import.meta.url))
  execFileSync(process.execPath, ['tools/build-viewer.mjs'], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] })
}

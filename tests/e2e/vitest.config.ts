// SPDX-License-Identifier: Apache-2.0
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

// As in the root configuration: tests read the TypeScript sources, nothing has to be built first.
const conditions = ['otel-src', 'node', 'import', 'default']

export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: ['tests/e2e/**/*.e2e.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    globalSetup: ['tests/e2e/viewer/build-page.ts'],
    pool: 'forks',
    // One browser at a time: its pages share two cores with the server under test.
    maxWorkers: 1,
    // Polls end as soon as they hold; the bound is for a busy machine.
    expect: { poll: { timeout: 15_000 } },
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})

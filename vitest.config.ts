// SPDX-License-Identifier: Apache-2.0
import { defineConfig } from 'vitest/config'

// Tests read the TypeScript sources through the `otel-src` condition, so no build stands between an edit and its test.
const conditions = ['otel-src', 'node', 'import', 'default']

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: [
      'packages/*/src/**/*.test.ts',
      'contrib/*/src/**/*.test.ts',
      'tools/**/*.test.ts',
      'tests/conformance/**/*.test.ts',
      'tests/formats/**/*.test.ts',
    ],
    exclude: ['**/node_modules/**', '**/dist/**', '**/dist-cjs/**'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    coverage: { provider: 'v8', include: ['packages/*/src/**'] },
  },
})

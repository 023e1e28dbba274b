// SPDX-License-Identifier: Apache-2.0
// YAML in README and guides is a Collector configuration that a reader may copy: it must be one that runs.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { loadConfig } from '@otel-ts/collector'
import { expect, test } from 'vitest'

const guides = fileURLToPath(new URL('../../../docs/guides', import.meta.url))
const blocks = readdirSync(guides).flatMap((file) => {
  const text = readFileSync(join(guides, file), 'utf8')
  return [...text.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map((match, index) => ({
    file,
    number: index + 1,
    yaml: match[1]!,
  }))
})

test('there are configurations to look at', () => {
  expect(blocks.length).toBeGreaterThan(0)
})

test.each(blocks)('configuration $number of $file has no problem and no warning', async ({ yaml }) => {
  const { problems, warnings } = await loadConfig({ sources: [`yaml:${yaml}`], environment: {} })
  expect({ problems, warnings }).toEqual({ problems: [], warnings: [] })
})

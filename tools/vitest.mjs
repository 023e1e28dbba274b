// SPDX-License-Identifier: Apache-2.0
// Runs vitest and leaves its counts in .cache/ci/<name>.json, where the closing line of `.ci/run` finds them.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './install.mjs'

/** Runs the tests and returns whether all passed. `node` is the binary to run them with. */
export function vitest({ name, args, node = process.execPath, env = {} }) {
  const out = join(root, '.cache', 'ci', `${name}.json`)
  mkdirSync(join(root, '.cache', 'ci'), { recursive: true })
  rmSync(out, { force: true })
  const result = spawnSync(
    node,
    [
      join(root, 'node_modules', 'vitest', 'vitest.mjs'),
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${out}`,
      ...args,
    ],
    { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } },
  )
  if (result.error) process.stderr.write(`${node}: ${result.error.message}\n`)
  return result.status === 0 && existsSync(out)
}

// SPDX-License-Identifier: Apache-2.0
// Runs the scenario in the environment with every package loaded as an ES module, and prints its result as JSON.
import { createRequire } from 'node:module'
import createSdk from './sdk.cjs'

const require = createRequire(import.meta.url)
const scenario = new Function(`return (${process.env.SCENARIO})`)()
const kit = {
  load: (name) => import(name),
  loadOther: async (name) => require(name),
  createSdk,
}
process.stdout.write(JSON.stringify((await scenario(kit, JSON.parse(process.env.ARGUMENT))) ?? null))

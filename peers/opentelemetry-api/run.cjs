// SPDX-License-Identifier: Apache-2.0
// Runs the scenario in the environment with every package loaded as CommonJS, and prints its result as JSON.
'use strict'

const createSdk = require('./sdk.cjs')
const scenario = new Function(`return (${process.env.SCENARIO})`)()
const kit = {
  load: async (name) => require(name),
  loadOther: (name) => import(name),
  createSdk,
}
Promise.resolve(scenario(kit, JSON.parse(process.env.ARGUMENT))).then((result) => {
  process.stdout.write(JSON.stringify(result ?? null))
})

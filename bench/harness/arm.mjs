// SPDX-License-Identifier: Apache-2.0
// One implementation of one case in a process of its own. Sets up, checks its own output, warms up, then measures a
// window each time the runner asks.
import { pathToFileURL } from 'node:url'

const warmUpMillis = 350
const windowMillis = 50

const { module, context } = JSON.parse(process.argv[2])

// CPU time of the whole process, garbage collection and compiler threads included: what a machine has less of.
function cpuNanos() {
  const { user, system } = process.cpuUsage()
  return (user + system) * 1000
}

async function main() {
  const { setUp } = await import(pathToFileURL(module).href)
  const arm = await setUp(context)
  await arm.check()
  const measure = arm.measure ?? (await calibrate(arm))
  process.on('message', async () => {
    try {
      process.send({ value: await measure() })
    } catch (error) {
      process.send({ error: String(error?.stack ?? error) })
    }
  })
  process.send({ ready: process.version })
}

// How many operations fill a window: found while warming up.
async function calibrate(arm) {
  let count = 64
  const end = performance.now() + warmUpMillis
  for (;;) {
    const start = performance.now()
    await arm.run(count)
    const took = performance.now() - start
    if (performance.now() >= end && took >= windowMillis / 2) {
      count = Math.max(1, Math.round((count * windowMillis) / took))
      break
    }
    if (took < windowMillis) count *= 2
  }
  return async () => {
    const before = cpuNanos()
    await arm.run(count)
    return (cpuNanos() - before) / count
  }
}

main().catch((error) => {
  process.send({ error: String(error?.stack ?? error) })
  process.exitCode = 1
})

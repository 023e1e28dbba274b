// SPDX-License-Identifier: Apache-2.0
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const armFile = fileURLToPath(new URL('./arm.mjs', import.meta.url))

/**
 * Measures the arms of a case: `sets` times fresh processes, in each `windows` windows, the arms taking turns window by
 * window so that whatever else the machine does hits them alike. Gives the median of all windows by arm name.
 */
export async function measureCase(arms, { node, sets, windows }) {
  const values = new Map(arms.map((arm) => [arm.name, []]))
  let version = ''
  for (let set = 0; set < sets; set++) {
    const running = []
    try {
      for (const arm of arms) {
        const started = await startArm(arm, node)
        running.push(started)
        version = started.version
      }
      for (let i = 0; i < windows; i++) {
        for (const arm of running) values.get(arm.name).push(await arm.window())
      }
    } finally {
      for (const arm of running) arm.stop()
    }
  }
  return { version, medians: new Map([...values].map(([name, list]) => [name, median(list)])) }
}

async function startArm(arm, node) {
  const child = fork(armFile, [JSON.stringify({ module: arm.module, context: arm.context ?? {} })], {
    execPath: node,
    execArgv: ['--expose-gc', ...(arm.nodeOptions ?? [])],
    env: { ...process.env, NODE_ENV: 'production' },
  })
  const ask = () =>
    new Promise((resolve, reject) => {
      const failed = (reason) => reject(new Error(`${arm.name}: ${reason}`))
      const ended = (code) => failed(`the process ended with ${code}`)
      child.once('message', (message) => {
        child.off('exit', ended)
        if (message.error) failed(message.error)
        else resolve(message)
      })
      child.once('exit', ended)
    })
  try {
    const { ready } = await ask()
    return {
      name: arm.name,
      version: ready,
      async window() {
        const answer = ask()
        child.send('window')
        const { value } = await answer
        return value
      },
      stop: () => child.kill(),
    }
  } catch (error) {
    child.kill()
    throw error
  }
}

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

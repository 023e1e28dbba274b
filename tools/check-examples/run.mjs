// SPDX-License-Identifier: Apache-2.0
// Runs bundled examples in worker threads and compares what they print with what they say.
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'

const timeoutMillis = 10_000

/**
 * @param {{ path: string, expectations: { line: number, text: string }[] }} example
 * @returns {Promise<{ line: number, message: string }[]>} problems; lines count from 0 within the code
 */
export function runExample({ path, expectations }) {
  const problems = []
  const seen = new Set()
  return new Promise((resolve) => {
    const worker = new Worker(new URL('worker.mjs', import.meta.url), {
      workerData: pathToFileURL(path).href,
      stdout: true,
      stderr: true,
      execArgv: [],
    })
    // What is printed elsewhere is nobody's claim; unread pipes would hold the worker up.
    worker.stdout.resume()
    worker.stderr.resume()
    const timer = setTimeout(() => {
      problems.push({ line: 0, message: `did not end within ${timeoutMillis} ms; close what it opens` })
      void worker.terminate()
    }, timeoutMillis)
    worker.on('message', ({ index, printed }) => {
      const { line, text } = expectations[index]
      seen.add(index)
      if (printed !== text) problems.push({ line, message: `printed ${show(printed)}; expected ${show(text)}` })
    })
    worker.on('error', (error) => problems.push({ line: 0, message: `threw ${error}` }))
    worker.on('exit', (code) => {
      clearTimeout(timer)
      if (code !== 0 && problems.length === 0) problems.push({ line: 0, message: `ended with code ${code}` })
      if (problems.length === 0) {
        expectations.forEach(({ line, text }, index) => {
          if (!seen.has(index)) problems.push({ line, message: `never printed; expected ${show(text)}` })
        })
      }
      resolve(problems)
    })
  })
}

function show(text) {
  return JSON.stringify(text)
}

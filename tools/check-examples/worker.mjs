// SPDX-License-Identifier: Apache-2.0
// Runs one example in a thread of its own: globals, module state and process.env are fresh, and cost no new process.
import { format } from 'node:util'
import { parentPort, workerData } from 'node:worker_threads'

globalThis.expectLine = (index, ...args) => parentPort.postMessage({ index, printed: format(...args) })
await import(workerData)

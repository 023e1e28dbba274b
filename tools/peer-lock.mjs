// SPDX-License-Identifier: Apache-2.0
// One process at a time where peers are built or installed: test files run in several, and ask for the same peer.
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

/** Waits until no other process holds the lock; returns what gives it back. One whose process has ended is taken over. */
export function takeLock(path) {
  mkdirSync(dirname(path), { recursive: true })
  for (;;) {
    try {
      const file = openSync(path, 'wx')
      writeSync(file, `${process.pid}`)
      closeSync(file)
      return () => rmSync(path, { force: true })
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
    }
    if (!isHeld(path)) rmSync(path, { force: true })
    else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200)
  }
}

function isHeld(path) {
  try {
    const holder = readFileSync(path, 'utf8')
    // Empty: just made, its holder not written yet.
    if (holder !== '') process.kill(Number(holder), 0)
    return true
  } catch (error) {
    // Given back meanwhile, it may be another's already: only that of a process that has ended is taken away.
    return error.code !== 'ESRCH'
  }
}

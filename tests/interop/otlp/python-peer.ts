// SPDX-License-Identifier: Apache-2.0
import { installPythonPeer } from '../../../tools/python-peers.mjs'

/** Path of a Python with the peer's packages, or `undefined` after a line that says why they cannot be had. */
export function pythonPeerOrSkip(name: string): string | undefined {
  try {
    return installPythonPeer(name)
  } catch (error) {
    console.log(`skipped: ${name}: ${(error as Error).message}`)
    return undefined
  }
}

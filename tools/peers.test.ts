// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest'
import { installPeer } from './peers.mjs'

test('an unknown peer is refused with the names of those there are', () => {
  expect(() => installPeer('no-such-peer')).toThrow(
    /^peer "no-such-peer": .*package-lock\.json is missing; expected one of: .*\bopentelemetry-api\b.*; nothing is installed$/,
  )
})

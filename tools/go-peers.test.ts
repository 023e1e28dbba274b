// SPDX-License-Identifier: Apache-2.0
import { afterEach, expect, test, vi } from 'vitest'
import { installGoPeer, otelcolPath } from './go-peers.mjs'

afterEach(() => vi.unstubAllEnvs())

test('an unknown Go peer is refused, and nothing is built', () => {
  expect(() => installGoPeer('no-such-peer')).toThrow(
    /^Go peer "no-such-peer": .*no-such-peer holds no Go module; nothing is built$/,
  )
})

test('a peer that is known to be missing is not tried again', () => {
  vi.stubEnv('OTEL_TS_GO_PEERS_MISSING', 'go build: no network')
  expect(() => installGoPeer('no-such-peer')).toThrow(/^go build: no network$/)
})

test('OTELCOL_BIN says which Collector benchmarks take', () => {
  vi.stubEnv('OTELCOL_BIN', '/opt/otelcol')
  expect(otelcolPath()).toBe('/opt/otelcol')
})

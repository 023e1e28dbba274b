// SPDX-License-Identifier: Apache-2.0
// Snappy over a request of 512 spans, by our codec and by the native and the JavaScript one of npm; the count is of spans.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { encodeTraces } from '@otel-ts/otlp'
// Not a public entry: what clients and servers use inside.
import { decodeContent, encodeContent } from '../../packages/otlp/dist/transport/content-encoding.js'
import { makeRecords, spanCount } from '../otlp/data.mjs'

const limitBytes = 64 * 1024 * 1024
const account = { take: () => true }

// Bodies of this size are done before these return.
const ours = {
  encode(bytes) {
    let pieces = []
    encodeContent('snappy', undefined, [bytes], bytes.byteLength, (error, made) => {
      if (error !== undefined) throw error
      pieces = made
    })
    return pieces[0]
  },
  decode(body) {
    let output
    decodeContent('snappy', body, limitBytes, account, (error, made) => {
      if (error !== undefined) throw error
      output = made
    })
    return output
  },
}

function codecOf(library, peerFolder) {
  if (library === 'ours') return ours
  const codec = createRequire(join(peerFolder, 'package.json'))(library)
  if (library === 'snappyjs') return { encode: codec.compress, decode: codec.uncompress }
  return { encode: codec.compressSync, decode: codec.uncompressSync }
}

export async function setUp({ step, library, peerFolder }) {
  const bytes = encodeTraces(makeRecords('typical'))
  const body = ours.encode(bytes)
  const codec = codecOf(library, peerFolder)
  const once = step === 'encode' ? () => codec.encode(bytes) : () => codec.decode(body)
  return {
    check() {
      // What one makes all others must read.
      assert.deepEqual(Buffer.from(ours.decode(Buffer.from(codec.encode(bytes)))), Buffer.from(bytes))
      assert.deepEqual(Buffer.from(codec.decode(body)), Buffer.from(bytes))
      if (library === 'ours') assert.throws(() => ours.decode(body.subarray(0, -3)))
    },
    run(count) {
      for (let i = 0; i < count; i += spanCount) once()
    },
  }
}

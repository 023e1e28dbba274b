// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest'
import { formatBase64, parseBase64 } from './base64.ts'

test.each(['', 'f', 'fo', 'foo', 'foob', 'fooba', 'foobar', '\u0000ÿ\u0010'])('agrees with Buffer on %j', (text) => {
  const bytes = Buffer.from(text, 'latin1')
  expect(formatBase64(bytes)).toBe(bytes.toString('base64'))
  for (const form of [
    bytes.toString('base64'),
    bytes.toString('base64url'),
    bytes.toString('base64').replace(/=+$/, ''),
  ]) {
    expect(Buffer.from(parseBase64(form)!)).toEqual(bytes)
  }
})

test.each(['a', 'a=', 'ab=', 'abc==', '====', 'a b=', 'ab\u00e9d', '!bcd'])('refuses %j', (text) => {
  expect(parseBase64(text)).toBeUndefined()
})

// SPDX-License-Identifier: Apache-2.0
import type { ServerHttp2Session } from 'node:http2'

/**
 * Makes a session end only in a later turn of the event loop, never while frames are being read.
 *
 * Node closes it in the middle of reading when GOAWAY comes, or when a listener destroys it; what else was received is
 * read all the same. nghttp2 before 1.68.1, which Node 20 has, then aborts the whole process over a malformed frame
 * (CVE-2026-27135), and Node itself over DATA for a call that is gone already: one bad client would end the server.
 */
export function endOutsideOfReading(session: ServerHttp2Session): void {
  const close = session.close.bind(session)
  const destroy = session.destroy.bind(session)
  session.close = (callback) => {
    setImmediate(() => close(callback))
  }
  session.destroy = (error, code) => {
    setImmediate(() => destroy(error, code))
  }
}

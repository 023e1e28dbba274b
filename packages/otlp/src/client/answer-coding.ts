// SPDX-License-Identifier: Apache-2.0
import { contentCoding, decodeContent } from '../transport/content-encoding.ts'
import { type AnsweredRequest, type AnswerHead, responseTooLarge } from './answer.ts'
import type { OtlpOutcome } from './client.ts'

/**
 * Undoes the Content-Encoding of an answer; `done` gets the outcome when that fails. Apart from `answer.ts`, since
 * browsers do this themselves and have none of the codecs.
 */
export function decodeAnswer(
  request: AnsweredRequest,
  response: AnswerHead,
  body: Uint8Array,
  limitBytes: number,
  done: (outcome: OtlpOutcome | undefined, body: Uint8Array) => void,
): void {
  const coding = contentCoding(response.headers['content-encoding'])
  if (coding === 'identity' || coding === undefined || body.byteLength === 0) {
    done(undefined, coding === undefined ? new Uint8Array() : body)
    return
  }
  decodeContent(coding, body, limitBytes, unlimited, (error, decoded) => {
    if (error === undefined) done(undefined, decoded!)
    else if (error.code === 'OTLP_TOO_LARGE') done(responseTooLarge(request, response, limitBytes), body)
    // A garbled body takes nothing away from what the status says.
    else done(undefined, new Uint8Array())
  })
}

const unlimited = { take: () => true }

// SPDX-License-Identifier: Apache-2.0
// Consistent sampling with OpenTelemetry Python: the same traces are sampled, and each side goes on with the other's
// threshold and randomness.
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { createTraceState, ROOT_CONTEXT, type Sampler, trace } from '@otel-ts/api'
import {
  createComposableAlwaysOffSampler,
  createComposableParentThresholdSampler,
  createCompositeSampler,
  ProbabilitySampler,
} from '@otel-ts/sdk'
import { describe, expect, test } from 'vitest'
import { pythonPeerOrSkip } from '../otlp/python-peer.ts'

const python = pythonPeerOrSkip('python-sdk')
const script = fileURLToPath(new URL('../../../peers/python-sdk/sample.py', import.meta.url))

const count = 10_000
const spanId = 'b7ad6b7169203331'

interface Question {
  /** Null: what follows the parent's threshold. */
  readonly ratio: number | null
  readonly traceId: string
  readonly traceState: string
  readonly flags: number
}

type Decision = [isSampled: boolean, ot: string | null]

// Fixed ids: a linear congruence of 2^32, of which each draw gives its upper half.
function hexDigits(seed: number): (digitCount: number) => string {
  let state = seed
  return (digitCount) => {
    let digits = ''
    while (digits.length < digitCount) {
      state = (Math.imul(state, 1664525) + 1013904223) | 0
      digits += (state >>> 16).toString(16).padStart(4, '0')
    }
    return digits.slice(0, digitCount)
  }
}

/** Half of the questions have explicit randomness. */
function questionsOf(ratios: readonly number[]): Question[] {
  const draw = hexDigits(2026)
  return Array.from({ length: count }, (_, index) => ({
    ratio: ratios[index % ratios.length]!,
    traceId: draw(32),
    traceState: (index & 8) === 0 ? 'a=1' : `ot=rv:${draw(14)},a=1`,
    flags: 3,
  }))
}

function decisionOfPython(questions: readonly Question[]): Decision[] {
  const input = questions.map((question) => JSON.stringify(question)).join('\n')
  const output = execFileSync(python!, [script], { input, timeout: 60_000, maxBuffer: 64 * 1024 * 1024 })
  return output
    .toString()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Decision)
}

function ownDecision({ traceId, traceState, flags }: Question, sampler: Sampler): Decision {
  const parent = { traceId, spanId, traceFlags: flags, isRemote: true, traceState: createTraceState(traceState) }
  const context = trace.setSpanContext(ROOT_CONTEXT, parent)
  const result = sampler.shouldSample(context, traceId, 'a', 0, {}, [])
  return [result.decision === 2, result.traceState?.get('ot') ?? null]
}

/** What a service downstream is asked, after a decision. */
const next = (question: Question, [isSampled, ot]: Decision): Question => ({
  ...question,
  ratio: null,
  traceState: ot === null ? 'a=1' : `ot=${ot},a=1`,
  flags: isSampled ? 3 : 2,
})

describe.skipIf(python === undefined)('consistent sampling with OpenTelemetry Python', () => {
  // At 14 digits both sides have the same threshold for every ratio; ratios with few bits have it at 4 digits, too.
  test.each([
    ['all digits', 14, [0.01, 0.1, 1 / 3, 0.5, 0.999]],
    ['the default precision', undefined, [1, 0.75, 0.5, 1 / 16, 3 / 1024]],
  ] as const)('10,000 decisions and their ot agree at %s', (_name, precision, ratios) => {
    const questions = questionsOf(ratios)
    const samplers = new Map(
      ratios.map((ratio) => [ratio, new ProbabilitySampler(ratio, precision === undefined ? {} : { precision })]),
    )
    const own = questions.map((question) => ownDecision(question, samplers.get(question.ratio!)!))
    expect(own).toEqual(decisionOfPython(questions))
    const sampledCount = own.filter(([isSampled]) => isSampled).length
    expect(sampledCount).toBeGreaterThan(count / 3)
    expect(sampledCount).toBeLessThan((count * 2) / 3)
  })

  test('each side goes on with the decision, threshold and randomness of the other', () => {
    const ratios = [0.01, 0.1, 1 / 3, 0.5, 0.999]
    const questions = questionsOf(ratios)
    const samplers = new Map(ratios.map((ratio) => [ratio, new ProbabilitySampler(ratio)]))
    const own = questions.map((question) => ownDecision(question, samplers.get(question.ratio!)!))
    expect(decisionOfPython(questions.map((question, index) => next(question, own[index]!)))).toEqual(own)

    const theirs = decisionOfPython(questions)
    const following = createCompositeSampler(createComposableParentThresholdSampler(createComposableAlwaysOffSampler()))
    expect(questions.map((question, index) => ownDecision(next(question, theirs[index]!), following))).toEqual(theirs)
  })
})

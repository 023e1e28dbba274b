// SPDX-License-Identifier: Apache-2.0

export type { ExitOfCommand, RunningCommand } from './command.ts'
export { startCommand } from './command.ts'
export type { FakeClock } from './fake-clock.ts'
export { fakeClock } from './fake-clock.ts'
export { logRecord, logsOfService, recordsBatch, spanRecord, spansOfService } from './record-builders.ts'
export type { SampleOptions, SampleTelemetry } from './sample-traces.ts'
export { largeSampleTrace, sampleTelemetry } from './sample-traces.ts'
export type { CaptureAnswer, CapturedRequest, CaptureScript, OtlpCapture } from './wire-capture.ts'
export { captureOtlp } from './wire-capture.ts'
export type { RawConnection, RawResponse } from './wire-capture-raw.ts'
export { openRaw } from './wire-capture-raw.ts'

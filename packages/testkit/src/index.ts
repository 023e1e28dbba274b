// SPDX-License-Identifier: Apache-2.0

export type { TestAuthority, TestCertificate, TestCertificateOptions } from './certificates.ts'
export { selfSignedCertificate, testAuthority } from './certificates.ts'
export type { ExitOfCommand, RunningCommand } from './command.ts'
export { startCommand } from './command.ts'
export type { ContractCase, ContractComponent, ContractInstance, ContractSubject } from './component-contract.ts'
export { componentContract, contractBatch } from './component-contract.ts'
export type { FakeClock } from './fake-clock.ts'
export { fakeClock } from './fake-clock.ts'
export { fuzzRounds } from './fuzz-rounds.ts'
export type {
  CapturedGrpcCall,
  GrpcCapture,
  GrpcCaptureAnswer,
  GrpcCaptureOptions,
  GrpcCaptureScript,
} from './grpc-capture.ts'
export { captureGrpc } from './grpc-capture.ts'
export type { RawGrpcAnswer, RawGrpcCall, RawGrpcConnection } from './grpc-raw.ts'
export { grpcFrame, openRawGrpc } from './grpc-raw.ts'
export type { Http2Frame, RawHttp2Connection } from './http2-raw.ts'
export { http2Frame, http2FrameType, openRawHttp2, plainHeaderBlock } from './http2-raw.ts'
export { logRecord, logsOfService, recordsBatch, spanRecord, spansOfService } from './record-builders.ts'
export type { SampleOptions, SampleTelemetry } from './sample-traces.ts'
export { largeSampleTrace, sampleTelemetry } from './sample-traces.ts'
export type { CaptureAnswer, CapturedRequest, CaptureScript, OtlpCapture } from './wire-capture.ts'
export { captureOtlp } from './wire-capture.ts'
export type { RawConnection, RawResponse } from './wire-capture-raw.ts'
export { openRaw } from './wire-capture-raw.ts'

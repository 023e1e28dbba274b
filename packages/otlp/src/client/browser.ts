// SPDX-License-Identifier: Apache-2.0
// Clients for pages, workers and edge runtimes. Nothing beneath this file may need Node; a test bundles it without.

export { otlpSignalUrl } from '../transport/endpoint.ts'
export { defaultRetryPolicy } from '../transport/retry.ts'
export type { OtlpBeaconClientOptions } from './beacon-client.ts'
export { createOtlpBeaconClient } from './beacon-client.ts'
export type {
  OtlpClient,
  OtlpClientObserver,
  OtlpEncoding,
  OtlpHeaders,
  OtlpOutcome,
  OtlpRequest,
  PartialSuccess,
  RetryPolicy,
} from './client.ts'
export type { OtlpFetchClientOptions } from './fetch-client.ts'
export { createOtlpFetchClient } from './fetch-client.ts'

// SPDX-License-Identifier: Apache-2.0
import type { ClientTlsOptions, OtlpClient, OtlpHttpClientOptions } from '@otel-ts/otlp/client'
import { createOtlpHttpClient } from '@otel-ts/otlp/client/http'
import { clientAgent } from './otlp-http-agent.ts'
import type { OtlpHttpExporterOptions } from './otlp-options.ts'

/** The HTTP client of an exporter, with the agent that its options name. Loaded with the first export. */
export async function createExporterHttpClient(
  clientOptions: OtlpHttpClientOptions & { readonly url: string },
  options: OtlpHttpExporterOptions,
  tls: ClientTlsOptions | undefined,
): Promise<OtlpClient> {
  const made = await clientAgent(options, clientOptions.url, tls)
  if (made === undefined) return createOtlpHttpClient(clientOptions)
  const client = createOtlpHttpClient({ ...clientOptions, agent: made.agent })
  return {
    send: (request) => client.send(request),
    async shutdown() {
      await client.shutdown()
      made.close()
    },
  }
}

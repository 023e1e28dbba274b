// SPDX-License-Identifier: Apache-2.0
import { otlpError } from '@otel-ts/otlp'
import type { OtlpClient, OtlpOutcome, OtlpRequest } from '@otel-ts/otlp/client'
import { messageOf } from '../events.ts'
import { FileOutput, type LineOutput, type LineStream, StreamOutput } from './file-output.ts'
import type { OtlpExporterParts } from './signal-exporter.ts'

/** Options of the OTLP file exporters. */
export interface OtlpFileExporterOptions {
  /**
   * File to which lines are appended, made when it is not there (its folder is not). One signal a file; the usual
   * extension is `.jsonl`. Default: standard output.
   */
  path?: string
  /** Stream to which lines are written; it is not ended by the exporter. Default `process.stdout`. Not with `path`. */
  stream?: LineStream
}

/** Exporter parts that write to a file or stream: OTLP file exporter, `protocol/file-exporter.md` [Development]. */
export function fileExporterParts({ path, stream }: OtlpFileExporterOptions = {}): OtlpExporterParts {
  if (path !== undefined && stream !== undefined) {
    throw otlpError(
      'OTLP_OPTION',
      `path "${path}" and stream: both are given; allowed is one of them; the exporter is not made`,
    )
  }
  const output = path === undefined ? streamOutput(stream) : new FileOutput(path)
  return {
    client: lineClient(output),
    encoding: 'json',
    destination: output.name,
    concurrencyLimit: 30,
    // Lines go one after the other: more exports would only hold more memory.
    maxConcurrentExports: 1,
  }
}

function streamOutput(stream: LineStream | undefined): LineOutput {
  return stream === undefined
    ? new StreamOutput('stdout', () => process.stdout)
    : new StreamOutput('stream', () => stream)
}

/** A client whose requests become lines, in the order in which they were sent. */
function lineClient(output: LineOutput): OtlpClient {
  let last: Promise<unknown> = Promise.resolve()
  let isShutDown = false

  async function write(request: OtlpRequest): Promise<OtlpOutcome> {
    try {
      await output.write(Buffer.concat(request.chunks))
      return { result: 'accepted', partialSuccess: undefined }
    } catch (error) {
      return failed(
        otlpError(
          'OTLP_FILE',
          `${output.name}: ${messageOf(error)}; expected is a place that can be written to; ${request.itemCount} items not written`,
          error,
        ),
        true,
      )
    }
  }

  return {
    send(request) {
      if (isShutDown) {
        const message = `${output.name}: the exporter is shut down; expected is one in use; ${request.itemCount} items not written`
        return Promise.resolve(failed(otlpError('OTLP_SHUTDOWN', message), false))
      }
      const outcome = last.then(() => write(request))
      last = outcome
      return outcome
    },
    async shutdown() {
      isShutDown = true
      await last
      await output.close()
    },
  }
}

function failed(error: ReturnType<typeof otlpError>, retryable: boolean): OtlpOutcome {
  return {
    result: 'failed',
    error,
    retryable,
    retryAfterMillis: undefined,
    httpStatus: undefined,
    grpcStatus: undefined,
  }
}

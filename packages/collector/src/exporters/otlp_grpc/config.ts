// SPDX-License-Identifier: Apache-2.0
import { type Infer, object } from '@otel-ts/confmap'
import { checkCompression } from '../../config/compression.ts'
import { grpcClientFields } from '../../config/grpc-client-config.ts'
import { queueField, retryField, timeoutField } from '../../sending/config.ts'

export const otlpGrpcConfig = object(
  {
    ...grpcClientFields,
    timeout: timeoutField(5000),
    sending_queue: queueField,
    retry_on_failure: retryField,
  },
  checkCompression,
)

export type OtlpGrpcExporterConfig = Infer<typeof otlpGrpcConfig>

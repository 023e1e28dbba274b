// SPDX-License-Identifier: Apache-2.0
import type { DefineTest, Implementation } from '../implementation.ts'
import { contextConformance } from './context.ts'
import { environmentConformance } from './environment.ts'
import { otlpDestinationConformance } from './otlp-destinations.ts'
import { otlpEnvironmentConformance } from './otlp-environment.ts'
import { otlpExporterConformance } from './otlp-exporters.ts'
import { otlpGrpcExporterConformance } from './otlp-grpc-exporter.ts'
import { otlpMetricsAndLogsConformance } from './otlp-metrics-and-logs.ts'
import { propagationConformance } from './propagation.ts'
import { propagationFormatConformance } from './propagation-formats.ts'
import { resourceConformance } from './resource.ts'
import { samplingConformance } from './sampling.ts'
import { spanConformance } from './span.ts'
import { spanContextConformance } from './span-context.ts'
import { spanCreationConformance } from './span-creation.ts'
import { spanDataConformance } from './span-data.ts'
import { spanProcessorConformance } from './span-processors.ts'
import { tracerProviderConformance } from './tracer-provider.ts'

/** Defines the tests of all suites for one implementation. */
export function runSuites(implementation: Implementation, test: DefineTest): void {
  contextConformance(implementation, test)
  propagationConformance(implementation, test)
  propagationFormatConformance(implementation, test)
  tracerProviderConformance(implementation, test)
  spanContextConformance(implementation, test)
  spanCreationConformance(implementation, test)
  spanConformance(implementation, test)
  spanDataConformance(implementation, test)
  samplingConformance(implementation, test)
  spanProcessorConformance(implementation, test)
  resourceConformance(implementation, test)
  otlpExporterConformance(implementation, test)
  otlpGrpcExporterConformance(implementation, test)
  otlpEnvironmentConformance(implementation, test)
  otlpMetricsAndLogsConformance(implementation, test)
  otlpDestinationConformance(implementation, test)
  environmentConformance(implementation, test)
}

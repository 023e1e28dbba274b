// SPDX-License-Identifier: Apache-2.0
export { AWSXRAY_TRACE_ID_HEADER, AWSXRayPropagator } from './aws-xray-propagator.ts'

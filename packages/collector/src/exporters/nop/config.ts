// SPDX-License-Identifier: Apache-2.0
import { object } from '@otel-ts/confmap'

export const nopConfig = object({})

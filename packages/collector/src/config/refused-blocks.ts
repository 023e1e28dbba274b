// SPDX-License-Identifier: Apache-2.0
import { type RefusedField, refused } from '@otel-ts/confmap'

/** Keys that several of upstream's shared blocks have, and that mean something we do not do. */
export const refusedAuth: RefusedField = refused('there are no authenticator extensions yet')
export const refusedMiddlewares: RefusedField = refused('extensions cannot stand in the way of requests')

// SPDX-License-Identifier: Apache-2.0
// node --require setup.cjs
'use strict'

require('./start.cjs').start(require('@otel-ts/sdk'))

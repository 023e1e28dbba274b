// SPDX-License-Identifier: Apache-2.0
// The application as CommonJS. LATE names a setup that it loads itself, after it has taken a tracer.
'use strict'

const api = require('@opentelemetry/api')
const tracer = api.trace.getTracer('app', '1.2.3')
if (process.env.LATE) require(process.env.LATE)
const http = require('node:http')
const express = require('express')
const { run } = require('./scenario.cjs')

run({ api, tracer, express, createServer: http.createServer, get: http.get })

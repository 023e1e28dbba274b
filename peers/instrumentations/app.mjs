// SPDX-License-Identifier: Apache-2.0
// The application as ES module.
import { createServer, get } from 'node:http'
import * as api from '@opentelemetry/api'
import express from 'express'
import { run } from './scenario.cjs'

run({ api, tracer: api.trace.getTracer('app', '1.2.3'), express, createServer, get })

#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Committed, not built: npm links a workspace's command at install time, when nothing is built yet.
import { main } from '../dist/main.js'

process.exitCode = await main(process.argv.slice(2))

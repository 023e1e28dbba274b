#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Committed, not built: npm links a workspace's command at install time, when nothing is built yet.
import { main } from '../dist/main.js'

process.exitCode = await main(process.argv.slice(2))
// A component that hangs is left behind at its deadline; what it holds must not keep the process.
setTimeout(() => process.exit(), 1000).unref()

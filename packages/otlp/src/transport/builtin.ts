// SPDX-License-Identifier: Apache-2.0

// Node's modules are fetched on first use: importing the exporter must not load node:http (about 8 ms at start-up),
// and `getBuiltinModule` is the one way that is synchronous in both the ESM and the CommonJS build.

/** `node:http`, loaded on first use. */
export function nodeHttp(): typeof import('node:http') {
  return process.getBuiltinModule('node:http')
}

/** `node:https`, loaded on first use. */
export function nodeHttps(): typeof import('node:https') {
  return process.getBuiltinModule('node:https')
}

/** `node:zlib`, loaded on first use. */
export function nodeZlib(): typeof import('node:zlib') {
  return process.getBuiltinModule('node:zlib')
}

/** `node:tls`, loaded on first use. */
export function nodeTls(): typeof import('node:tls') {
  return process.getBuiltinModule('node:tls')
}

/** `node:crypto`, loaded on first use. */
export function nodeCrypto(): typeof import('node:crypto') {
  return process.getBuiltinModule('node:crypto')
}

/** `node:fs`, loaded on first use. */
export function nodeFs(): typeof import('node:fs') {
  return process.getBuiltinModule('node:fs')
}

/** `node:net`, loaded on first use. */
export function nodeNet(): typeof import('node:net') {
  return process.getBuiltinModule('node:net')
}

/** `node:http2`, loaded on first use. */
export function nodeHttp2(): typeof import('node:http2') {
  return process.getBuiltinModule('node:http2')
}

/** `node:dns`, loaded on first use. */
export function nodeDns(): typeof import('node:dns') {
  return process.getBuiltinModule('node:dns')
}

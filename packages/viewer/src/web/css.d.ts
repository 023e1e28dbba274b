// SPDX-License-Identifier: Apache-2.0
// The bundler takes style sheets out of the script; to the compiler they are nothing.
declare module '*.css'

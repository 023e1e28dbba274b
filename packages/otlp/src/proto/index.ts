// SPDX-License-Identifier: Apache-2.0

export { keyField } from './keys.ts'
export { ProtoReader } from './reader.ts'
export { ProtoWriter, varintWidth } from './writer.ts'

// SPDX-License-Identifier: Apache-2.0

/** Version of this package. A constant, so that nothing reads package.json at run time; a test compares the two. */
export const sdkVersion: string = '0.1.0'

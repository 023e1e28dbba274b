// SPDX-License-Identifier: Apache-2.0

/** Folder with the files of `peers/<name>` and its node_modules, installed on demand. Throws when it cannot be had. */
export function installPeer(name: string): string

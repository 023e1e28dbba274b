// SPDX-License-Identifier: Apache-2.0
/** Path of the Python interpreter that has the packages of `peers/<name>/requirements.txt`; throws when it cannot be had. */
export function installPythonPeer(name: string): string

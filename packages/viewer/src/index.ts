// SPDX-License-Identifier: Apache-2.0
export type * from './api.ts'
export type { ViewerError, ViewerErrorCode } from './errors.ts'
export { isViewerError, viewerError, viewerErrors } from './errors.ts'
export type { ViewerServer, ViewerServerOptions } from './server/viewer-server.ts'
export { createViewerServer } from './server/viewer-server.ts'

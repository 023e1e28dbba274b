// SPDX-License-Identifier: Apache-2.0

/** Version of this package, as the user agent states it; a test holds it equal to package.json. */
export const otlpVersion = '0.1.0'

/**
 * User agent of OTLP exporters, with the product of a distribution before it when there is one: OTLP exporter
 * specification, "User Agent".
 */
export function otlpUserAgent(product: string | undefined): string {
  const own = `OTel-OTLP-Exporter-JavaScript/${otlpVersion}`
  return product === undefined || product === '' ? own : `${product} ${own}`
}

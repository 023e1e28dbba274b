// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestCertificate, testAuthority } from '@otel-ts/testkit'

/** A certificate and its key as PEM files. */
export interface CertificateFiles {
  readonly certificate: string
  readonly key: string
}

/** Good and bad certificates, all of one authority but `foreign`. */
export interface Certificates {
  /** File of the authority that peers trust. */
  readonly authority: string
  /** For localhost, 127.0.0.1 and ::1; of servers and clients. */
  readonly valid: CertificateFiles
  /** Ended in 2021. */
  readonly expired: CertificateFiles
  /** For another host. */
  readonly wrongName: CertificateFiles
  /** Of an authority that nobody trusts. */
  readonly foreign: CertificateFiles
  remove(): void
}

/** Makes them, new ones for each test file. */
export function makeCertificates(): Certificates {
  const folder = mkdtempSync(join(tmpdir(), 'otel-ts-tls-'))
  const write = (name: string, text: string): string => {
    const path = join(folder, name)
    writeFileSync(path, text)
    return path
  }
  const filesOf = (name: string, { chain, key }: TestCertificate): CertificateFiles => ({
    certificate: write(`${name}.pem`, chain),
    key: write(`${name}.key`, key),
  })
  const authority = testAuthority()
  return {
    authority: write('authority.pem', authority.certificate),
    valid: filesOf('valid', authority.issue()),
    expired: filesOf('expired', authority.issue({ notAfter: new Date('2021-01-01T00:00:00Z') })),
    wrongName: filesOf('wrong-name', authority.issue({ names: ['other.test'] })),
    foreign: filesOf('foreign', testAuthority('Foreign root').issue()),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

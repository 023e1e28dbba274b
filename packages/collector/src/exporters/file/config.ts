// SPDX-License-Identifier: Apache-2.0
import {
  boolean,
  field,
  type Infer,
  integer,
  object,
  oneOf,
  optionalSection,
  refused,
  required,
  string,
} from '@otel-ts/confmap'

const rotationSchema = object({
  max_megabytes: field(integer({ min: 1 }), {
    default: 100,
    description: 'Size at which a file is set aside, in MiB.',
  }),
  max_days: field(integer({ min: 0 }), { default: 0, description: 'Days for which old files are kept; 0 = for ever.' }),
  max_backups: field(integer({ min: 0 }), { default: 100, description: 'Old files that are kept; 0 = all.' }),
  localtime: field(boolean(), { default: false, description: 'Whether names of old files have local time, not UTC.' }),
})

export const fileConfig = object(
  {
    path: required(string({ nonEmpty: true }), 'File to write to.'),
    append: field(boolean(), {
      default: false,
      description: 'Whether to go on in an existing file; otherwise it is emptied at start.',
    }),
    format: field(oneOf(['json', 'proto']), {
      default: 'json',
      description:
        '`json`: OTLP JSON, one request a line; `proto`: OTLP protobuf, each request after its length in 4 bytes, big-endian.',
    }),
    rotation: optionalSection(rotationSchema, { description: 'Sets full files aside.', whenNull: 'absent' }),
    create_directory: field(boolean(), { default: false, description: 'Whether missing folders are made.' }),
    compression: refused('files are written plainly', ['']),
    encoding: refused('there are no encoding extensions yet'),
    flush_interval: refused('each request is written before it is acknowledged', ['1s']),
    group_by: refused('there is one file', [{ enabled: false }]),
    directory_permissions: refused('folders get the permissions of the process', ['0755']),
  },
  ({ append, rotation }, scope, locate) => {
    if (!append || rotation === undefined) return
    const message = 'append and rotation enabled at the same time is not supported'
    scope.at('append').problem('CONFIG_VALUE', locate('append'), message)
  },
)

export type FileConfig = Infer<typeof fileConfig>

// SPDX-License-Identifier: Apache-2.0
import type { EntityRef, InstrumentationScope, Resource } from '../model/resource.ts'
import type { ProtoWriter } from '../proto/writer.ts'
import { writeAttributes } from './any-value.ts'

export function writeResource(w: ProtoWriter, tag: number, resource: Resource): void {
  const mark = w.begin(tag, 2)
  writeAttributes(w, 0x0a, resource.attributes)
  writeUint32(w, 0x10, resource.droppedAttributesCount)
  const refs = resource.entityRefs
  for (let i = 0; i < refs.length; i++) writeEntityRef(w, 0x1a, refs[i]!)
  w.end(mark)
}

function writeEntityRef(w: ProtoWriter, tag: number, ref: EntityRef): void {
  const mark = w.begin(tag, 1)
  writeString(w, 0x0a, ref.schemaUrl)
  writeString(w, 0x12, ref.type)
  for (const key of ref.idKeys) w.string(0x1a, key)
  for (const key of ref.descriptionKeys) w.string(0x22, key)
  w.end(mark)
}

export function writeScope(w: ProtoWriter, tag: number, scope: InstrumentationScope): void {
  const mark = w.begin(tag, 1)
  writeString(w, 0x0a, scope.name)
  writeString(w, 0x12, scope.version)
  writeAttributes(w, 0x1a, scope.attributes)
  writeUint32(w, 0x20, scope.droppedAttributesCount)
  w.end(mark)
}

/** A string field, absent when ''. */
export function writeString(w: ProtoWriter, tag: number, text: string): void {
  if (text !== '') w.string(tag, text)
}

/** A uint32 field, absent when 0. */
export function writeUint32(w: ProtoWriter, tag: number, value: number): void {
  if (value === 0) return
  w.tag(tag)
  w.varint32(value)
}

/** An enum field, absent when 0; enums are int32 on the wire, so a negative one takes ten bytes. */
export function writeEnum(w: ProtoWriter, tag: number, value: number): void {
  if (value === 0) return
  w.tag(tag)
  w.varint53(value)
}

/** A fixed64 field, absent when 0. */
export function writeFixed64(w: ProtoWriter, tag: number, value: bigint): void {
  if (value === 0n) return
  w.tag(tag)
  w.fixed64(value)
}

/** A fixed32 field, absent when 0. */
export function writeFixed32(w: ProtoWriter, tag: number, value: number): void {
  if (value === 0) return
  w.tag(tag)
  w.fixed32(value)
}

/** A double without presence: absent when +0, written when -0, as all protobuf implementations do. */
export function writeDouble(w: ProtoWriter, tag: number, value: number): void {
  if (Object.is(value, 0)) return
  w.tag(tag)
  w.double(value)
}

/** A double with presence: absent when undefined. */
export function writeOptionalDouble(w: ProtoWriter, tag: number, value: number | undefined): void {
  if (value === undefined) return
  w.tag(tag)
  w.double(value)
}

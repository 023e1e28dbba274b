// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest'
import { createTraceState } from './trace-state.ts'

const a256 = 'a'.repeat(256)
const members = (count: number) => Array.from({ length: count }, (_, i) => `k${i}=v${i}`)

describe('trace state', () => {
  test.each([
    ['nothing', undefined, ''],
    ['an empty header', '', ''],
    ['one member', 'rojo=00f067aa0ba902b7', 'rojo=00f067aa0ba902b7'],
    ['order', 'b=1,a=2', 'b=1,a=2'],
    ['spaces and tabs around members', ' a=1\t,\t b=2 ', 'a=1,b=2'],
    ['empty members', ',a=1,,b=2,', 'a=1,b=2'],
    ['a space inside a value', 'a=x y', 'a=x y'],
    ['the tilde and the exclamation mark', 'a=!~', 'a=!~'],
    ['a leading space in a value', 'a= x', 'a= x'],
    ['a key that starts with a digit (Level 2)', '1a=1', '1a=1'],
    ['a key with several @ (Level 2)', 'a@b@c=1,d@=2', 'a@b@c=1,d@=2'],
    ['all characters of a key', 'az09_-*/@=1', 'az09_-*/@=1'],
    ['a key of 256 characters', `${a256}=1`, `${a256}=1`],
    ['a value of 256 characters', `a=${a256}`, `a=${a256}`],
    ['more than 512 characters in all', `a=${a256},b=${a256},c=1`, `a=${a256},b=${a256},c=1`],
    ['the first of equal keys', 'a=1,b=2,a=3', 'a=1,b=2'],
    ['32 members', members(32).join(','), members(32).join(',')],
  ])('reads %s', (_name, header, serialized) => {
    expect(createTraceState(header).serialize()).toBe(serialized)
  })

  test.each([
    ['a key that starts with a special character', '_a=1'],
    ['an upper-case key', 'A=1'],
    ['a space in a key', 'a b=1'],
    ['a space before the equals sign', 'a =1'],
    ['an empty key', '=1'],
    ['a key of 257 characters', `${a256}a=1`],
    ['no equals sign', 'a'],
    ['an empty value', 'a='],
    ['a value of 257 characters', `a=${a256}a`],
    ['an equals sign in a value', 'a=1=2'],
    ['the character before the space in a value', 'a=1\u001f2'],
    ['the character after the tilde in a value', 'a=1\u007f2'],
    ['a character beyond ASCII', 'a=ü'],
  ])('leaves out %s and keeps the member beside it', (_name, member) => {
    expect(createTraceState(`x=1,${member},y=2`).serialize()).toBe('x=1,y=2')
  })

  test('33 members give an empty trace state', () => {
    expect(createTraceState(members(33).join(',')).serialize()).toBe('')
  })

  test('empty members do not count towards the 32', () => {
    expect(createTraceState(`,,${members(32).join(',')},`).get('k31')).toBe('v31')
  })

  test('a member that is left out counts towards the 32', () => {
    expect(createTraceState([...members(32), 'A=1'].join(',')).serialize()).toBe('')
  })

  test('get finds a value and undefined for others', () => {
    const state = createTraceState('a=1')
    expect([state.get('a'), state.get('b'), state.get('__proto__')]).toEqual(['1', undefined, undefined])
  })

  test('set puts a new pair in front and leaves the old trace state as it was', () => {
    const state = createTraceState('a=1,b=2')
    expect(state.set('c', '3').serialize()).toBe('c=3,a=1,b=2')
    expect(state.serialize()).toBe('a=1,b=2')
  })

  test('set moves a changed pair to the front', () => {
    expect(createTraceState('a=1,b=2').set('b', '3').serialize()).toBe('b=3,a=1')
  })

  test('set beyond 32 members drops the last one', () => {
    const full = createTraceState(members(32).join(','))
    expect(full.set('new', '1').serialize()).toBe(['new=1', ...members(31)].join(','))
    expect(full.set('k31', '1').serialize()).toBe(['k31=1', ...members(31)].join(','))
  })

  test.each([
    ['A', '1'],
    ['', '1'],
    ['a', ''],
    ['a', 'x,y'],
    ['a', 'x=y'],
    ['a', 'x '],
    ['a', 'ü'],
    [undefined as unknown as string, '1'],
    ['a', 7 as unknown as string],
  ])('set(%j, %j) is invalid and changes nothing', (key, value) => {
    expect(createTraceState('x=1').set(key, value).serialize()).toBe('x=1')
  })

  test('unset removes a pair and leaves the old trace state as it was', () => {
    const state = createTraceState('a=1,b=2')
    expect(state.unset('a').serialize()).toBe('b=2')
    expect(state.unset('c').serialize()).toBe('a=1,b=2')
    expect(state.serialize()).toBe('a=1,b=2')
  })

  test('anything but a string gives an empty trace state', () => {
    expect(createTraceState({} as unknown as string).serialize()).toBe('')
  })
})

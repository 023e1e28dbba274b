// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest'
import { clampWindow, isWholeTrace, panWindow, zoomWindow } from './window.ts'

test('zooming keeps the time under the cursor in its place', () => {
  expect(zoomWindow({ from: 0, to: 1000 }, 0.5, 250, 1000)).toEqual({ from: 125, to: 625 })
})

test('zooming out ends at the whole trace', () => {
  expect(zoomWindow({ from: 400, to: 800 }, 10, 500, 1000)).toEqual({ from: 0, to: 1000 })
})

test('the window is at least 100 ns long and stays inside', () => {
  expect(clampWindow({ from: 990, to: 991 }, 1000)).toEqual({ from: 900, to: 1000 })
  expect(clampWindow({ from: 500, to: 599 }, 1000)).toEqual({ from: 500, to: 600 })
  expect(clampWindow({ from: 500, to: 600 }, 1000)).toEqual({ from: 500, to: 600 })
})

test('panning stops at the edges', () => {
  expect(panWindow({ from: 100, to: 300 }, -1, 1000)).toEqual({ from: 0, to: 200 })
  expect(panWindow({ from: 700, to: 900 }, 1, 1000)).toEqual({ from: 800, to: 1000 })
})

test('knows the whole trace from a part of it', () => {
  expect(isWholeTrace({ from: 0, to: 1000 }, 1000)).toBe(true)
  expect(isWholeTrace({ from: 0, to: 999 }, 1000)).toBe(false)
})

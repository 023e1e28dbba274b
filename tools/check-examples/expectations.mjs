// SPDX-License-Identifier: Apache-2.0
// `console.log(value) // text` is an assertion: the call is rewritten so that the text it prints can be compared.

/**
 * @typedef {{ line: number, text: string }} Expectation line counts from 0 within the code
 * @param {string} code
 * @returns {{ code: string, expectations: Expectation[] }}
 */
export function rewriteExpectations(code) {
  const expectations = []
  let rewritten = ''
  let copied = 0
  for (const start of logCalls(code)) {
    const open = start + 'console.log('.length
    const close = closingParenthesis(code, open)
    if (close === undefined) continue
    const comment = /^;?[ \t]*\/\/[ \t]*(\S.*?)[ \t]*(?:\r?\n|$)/.exec(code.slice(close + 1))
    if (comment === null) continue
    rewritten += `${code.slice(copied, start)}globalThis.expectLine(${expectations.length}, `
    copied = open
    expectations.push({ line: code.slice(0, start).split('\n').length - 1, text: comment[1] })
  }
  return { code: rewritten + code.slice(copied), expectations }
}

function* logCalls(code) {
  for (const { index, skipped } of tokens(code, 0)) {
    if (!skipped && code.startsWith('console.log(', index) && !/[\w$.]/.test(code[index - 1] ?? '')) yield index
  }
}

function closingParenthesis(code, from) {
  let depth = 1
  for (const { index, skipped } of tokens(code, from)) {
    if (skipped) continue
    const character = code[index]
    if (character === '(' || character === '[' || character === '{') depth++
    else if (character === ')' || character === ']' || character === '}') depth--
    if (depth === 0) return index
  }
  return undefined
}

// Every position from `from` on, with whether it lies in a string, template or comment. Expressions inside templates
// count as part of the template; regular expressions are not told from divisions, so quotes in them want escaping.
function* tokens(code, from) {
  let end = -1
  for (let index = from; index < code.length; index++) {
    if (index <= end) {
      yield { index, skipped: true }
      continue
    }
    const character = code[index]
    if (character === '"' || character === "'" || character === '`') {
      end = endOfQuote(code, index)
      yield { index, skipped: true }
    } else if (code.startsWith('//', index)) {
      const lineEnd = code.indexOf('\n', index)
      end = lineEnd < 0 ? code.length : lineEnd - 1
      yield { index, skipped: true }
    } else if (code.startsWith('/*', index)) {
      end = code.indexOf('*/', index + 2) + 1
      yield { index, skipped: true }
    } else {
      yield { index, skipped: false }
    }
  }
}

function endOfQuote(code, start) {
  const quote = code[start]
  let depth = 0
  for (let index = start + 1; index < code.length; index++) {
    if (code[index] === '\\') index++
    else if (quote === '`' && code.startsWith('${', index)) depth++
    else if (depth > 0 && code[index] === '}') depth--
    else if (depth === 0 && code[index] === quote) return index
  }
  return code.length
}

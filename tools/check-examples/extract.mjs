// SPDX-License-Identifier: Apache-2.0
// Finds fenced code in Markdown and in doc comments.

const unverified = new Set(['js', 'javascript', 'typescript', 'mjs', 'cjs', 'jsx', 'tsx', 'mts', 'cts'])

/**
 * One example: its code, the line of the file on which the code starts, and whether it is run or only type-checked.
 * @typedef {{ file: string, line: number, code: string, run: boolean }} Example
 * @typedef {{ file: string, line: number, message: string }} Problem
 */

/**
 * @param {string} file path shown in messages
 * @param {string} text
 * @returns {{ examples: Example[], problems: Problem[] }}
 */
export function extract(file, text) {
  const examples = []
  const problems = []
  let fence
  for (const { line, content } of file.endsWith('.md') ? markdownLines(text) : docCommentLines(text)) {
    const mark = /^(\s*)(`{3,})(.*)$/.exec(content ?? '')
    if (fence === undefined) {
      if (mark === null) continue
      const [language = '', ...tags] = mark[3].trim().split(/\s+/)
      fence = { line, indent: mark[1].length, ticks: mark[2], language, tags, code: [] }
      checkTags(file, fence, problems)
    } else if (content === undefined) {
      problems.push({ file, line: fence.line, message: 'code fence is not closed' })
      fence = undefined
    } else if (mark !== null && mark[2].length >= fence.ticks.length && mark[3].trim() === '') {
      if (fence.language === 'ts') {
        const run = !fence.tags.includes('no-run')
        examples.push({ file, line: fence.line + 1, code: `${fence.code.join('\n')}\n`, run })
      }
      fence = undefined
    } else {
      // What stands in a list item is indented with it.
      const indent = content.length - content.trimStart().length
      fence.code.push(content.slice(Math.min(indent, fence.indent)))
    }
  }
  if (fence !== undefined) problems.push({ file, line: fence.line, message: 'code fence is not closed' })
  return { examples, problems }
}

function checkTags(file, { line, language, tags }, problems) {
  if (unverified.has(language)) {
    problems.push({
      file,
      line,
      message: `code is tagged "${language}"; allowed: ts (is run), ts no-run (is type-checked), text`,
    })
  }
  if (language !== 'ts') return
  for (const tag of tags) {
    if (tag !== 'no-run') problems.push({ file, line, message: `tag "${tag}" is not known; allowed after ts: no-run` })
  }
}

function* markdownLines(text) {
  let line = 0
  for (const content of text.split(/\r?\n/)) yield { line: ++line, content }
}

// Yields the lines inside doc comments without their margin, and a line without content where a comment ends.
function* docCommentLines(text) {
  let line = 0
  let inside = false
  for (const source of text.split(/\r?\n/)) {
    line++
    let rest = source
    if (!inside) {
      if (!/^\s*\/\*\*/.test(source)) continue
      rest = source.replace(/^\s*\/\*\*/, '')
      inside = true
    } else {
      rest = source.replace(/^\s*\* ?/, '')
    }
    const end = rest.indexOf('*/')
    if (end >= 0 || /^\s*\*\/\s*$/.test(source)) {
      inside = false
      yield { line, content: undefined }
      continue
    }
    yield { line, content: rest }
  }
}

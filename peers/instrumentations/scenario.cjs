// SPDX-License-Identifier: Apache-2.0
// What the application does: requests to itself that work, fail and find nobody, each with spans of its own around.
'use strict'

exports.run = async ({ api, tracer, express, createServer, get }) => {
  const app = express()
  app.get('/users/:id', (request, response) =>
    tracer.startActiveSpan('load user', async (span) => {
      const leaf = await fetch(`${url}/leaf`)
      span.setAttribute('user.id', request.params.id)
      span.end()
      response.send(await leaf.text())
    }),
  )
  app.get('/leaf', (_request, response) => response.send('leaf'))
  app.get('/broken', () => {
    throw new Error('broken on purpose')
  })
  app.use((_error, _request, response, _next) => response.status(500).send('broken'))
  const server = createServer(app)
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${server.address().port}`
  const getText = (path) =>
    new Promise((resolve, reject) => {
      get(path, { agent: false }, (response) => {
        response.resume()
        response.on('end', () => resolve(response.statusCode))
      }).on('error', reject)
    })

  await tracer.startActiveSpan('good job', async (span) => {
    await getText(`${url}/users/7?page=2`)
    span.end()
  })
  // What this sends must not be in what the next one sends.
  await globalThis.sdk.forceFlush()
  await tracer.startActiveSpan('bad job', async (span) => {
    await (await fetch(`${url}/broken`)).text()
    await getText('http://127.0.0.1:1/nobody').catch((error) => span.recordException(error))
    span.setStatus({ code: api.SpanStatusCode.ERROR, message: 'nobody there' })
    span.end()
  })
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  await globalThis.sdk.shutdown()
}

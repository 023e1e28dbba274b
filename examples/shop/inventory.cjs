// SPDX-License-Identifier: Apache-2.0
// Knows what is on the shelf. Asking for magnets takes long, and the last rope sells out every now and then.
const { SpanKind, trace } = require('@opentelemetry/api')
const express = require('express')

const tracer = trace.getTracer('shop.inventory', '1.0.0')
const app = express()
let asked = 0

app.get('/stock/:item', async (request, response) => {
  const { item } = request.params
  const count = await readStock(item)
  if (count === 0) return response.status(404).json({ item, count })
  response.json({ item, count })
})

async function readStock(item) {
  return tracer.startActiveSpan(
    'SELECT stock',
    {
      kind: SpanKind.CLIENT,
      attributes: { 'db.system.name': 'postgresql', 'db.query.text': 'SELECT count FROM stock WHERE item = $1' },
    },
    async (span) => {
      asked++
      await new Promise((resolve) => setTimeout(resolve, item === 'magnet' && asked % 5 === 0 ? 350 : 4))
      const count = item === 'rope' && asked % 17 === 0 ? 0 : 12
      span.setAttribute('shop.stock.count', count)
      span.end()
      return count
    },
  )
}

app.listen(Number(process.env.PORT), '127.0.0.1', () => console.log('ready'))

// SPDX-License-Identifier: Apache-2.0
// Takes orders: checks the stock of each item, charges the card. Some cards are slow, some goods are gone.
const { SpanStatusCode, trace } = require('@opentelemetry/api')
const express = require('express')

const inventoryUrl = process.env.INVENTORY_URL
const tracer = trace.getTracer('shop.checkout', '1.0.0')
const app = express()
app.use(express.json())

app.post('/orders', async (request, response) => {
  const { customer, items } = request.body
  trace.getActiveSpan()?.setAttributes({ 'shop.customer.id': customer, 'shop.items': items })
  for (const item of items) {
    const stock = await fetch(`${inventoryUrl}/stock/${item}`)
    if (!stock.ok) return response.status(409).json({ error: `no ${item} left` })
  }
  await chargeCard(customer, items.length * 9.99)
  response.status(201).json({ order: `${customer}-${Date.now()}` })
})

function chargeCard(customer, amount) {
  return tracer.startActiveSpan('charge card', { attributes: { 'shop.amount': amount } }, async (span) => {
    try {
      span.addEvent('card accepted by gateway', { 'shop.gateway': 'acme' })
      await sleep(customer % 9 === 0 ? 700 : 15)
      if (customer % 13 === 0) throw new RangeError(`card of customer ${customer} was declined`)
    } catch (error) {
      span.recordException(error)
      span.setStatus({ code: SpanStatusCode.ERROR, message: error.message })
      throw error
    } finally {
      span.end()
    }
  })
}

function sleep(millis) {
  return new Promise((resolve) => setTimeout(resolve, millis))
}

// Express knows an error handler by its four parameters.
app.use((error, _request, response, _next) => {
  response.status(500).json({ error: error.message })
})

app.listen(Number(process.env.PORT), '127.0.0.1', () => console.log('ready'))

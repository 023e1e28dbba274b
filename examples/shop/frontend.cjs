// SPDX-License-Identifier: Apache-2.0
// What customers see: the start page asks for the stock of three goods, checkout places an order.
const express = require('express')

const checkoutUrl = process.env.CHECKOUT_URL
const inventoryUrl = process.env.INVENTORY_URL
const app = express()
app.use(express.json())

app.get('/', async (_request, response) => {
  const stock = await Promise.all(['anvil', 'rope', 'magnet'].map((item) => askJson(`${inventoryUrl}/stock/${item}`)))
  response.json({ stock })
})

app.post('/checkout', async (request, response) => {
  const order = await fetch(`${checkoutUrl}/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(request.body),
  })
  response.status(order.status).json(await order.json())
})

async function askJson(url) {
  const answer = await fetch(url)
  return answer.json()
}

app.listen(Number(process.env.PORT), '127.0.0.1', () => console.log('ready'))

// SPDX-License-Identifier: Apache-2.0
// Two data sets: `typical` repeats values as a service does, `unique` never repeats a text value.

export const attributes5 = () => ({
  'http.request.method': 'GET',
  'http.route': '/users/:id',
  'http.response.status_code': 200,
  'server.address': 'shop.example.com',
  'user.active': true,
})

export const attributes10 = (i) => ({
  'http.request.method': 'GET',
  'url.full': `http://shop.example.com/api/users/${i % 50}?page=${i % 7}`,
  'url.scheme': 'http',
  'http.route': '/api/users/:id',
  'http.response.status_code': 200,
  'server.address': 'shop.example.com',
  'server.port': 8080,
  'network.protocol.version': '1.1',
  'user_agent.original': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/130.0',
  'sample.ratio': 0.25,
})

export const uniqueAttributes10 = (i) => ({
  'http.request.method': `GET-${i}`,
  'url.full': `http://shop.example.com/api/users/${i}?page=${i * 7}&token=${i * 31}`,
  'url.scheme': `http-${i}`,
  'http.route': `/api/users/${i}/:id`,
  'http.response.status_code': 200 + i,
  'server.address': `shop-${i}.example.com`,
  'server.port': 8080 + i,
  'network.protocol.version': `1.1.${i}`,
  'user_agent.original': `Mozilla/5.0 (X11; Linux x86_64; ${i}) AppleWebKit/537.36 Chrome/${i}`,
  'sample.ratio': 0.25 + i / 1000,
})

/** Attributes of one of many time series. */
export const seriesAttributes = (i) => ({
  'http.request.method': i % 3 === 0 ? 'POST' : 'GET',
  'http.route': `/api/users/:id/orders/${i % 50}`,
  'http.response.status_code': 200 + (Math.floor(i / 50) % 5),
  'server.address': `host-${i % 20}.example.com`,
})

export const uniqueSeriesAttributes = (i) => ({
  'http.request.method': `GET-${i}`,
  'http.route': `/api/users/${i}/orders/:id`,
  'http.response.status_code': 200 + i,
  'server.address': `host-${i}.shop.example.com`,
})

const keys20 = Array.from({ length: 20 }, (_, i) => `app.attribute.number_${i}`)

export const attributes20 = () => ({
  'app.a': 'one',
  'app.b': 'two',
  'app.c': 3,
  'app.d': true,
  'app.e': 'five',
  'app.f': 'six',
  'app.g': 7,
  'app.h': 'eight',
  'app.i': 'nine',
  'app.j': 10,
  'app.k': 'eleven',
  'app.l': 'twelve',
  'app.m': 13,
  'app.n': false,
  'app.o': 'fifteen',
  'app.p': 'sixteen',
  'app.q': 17,
  'app.r': 'eighteen',
  'app.s': 'nineteen',
  'app.t': 20,
})

export { keys20 }

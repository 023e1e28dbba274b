// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest'
import type { ProxyServer } from './proxy.ts'
import { type ProxyEnvironment, proxyFor } from './proxy-environment.ts'

function chosen(url: string, environment: ProxyEnvironment): string | undefined {
  const parsed = new URL(url)
  const secure = parsed.protocol === 'https:'
  const target = {
    secure,
    hostname: parsed.hostname.replace(/^\[|\]$/g, ''),
    port: parsed.port === '' ? (secure ? 443 : 80) : Number(parsed.port),
  }
  const found = proxyFor('environment', target, environment)
  return found instanceof Error ? found.message : found?.display
}

describe('variables', () => {
  test.each<[string, ProxyEnvironment, string, string | undefined]>([
    ['none', {}, 'http://a.test', undefined],
    ['HTTP_PROXY for http:', { HTTP_PROXY: 'http://p:1' }, 'http://a.test', 'http://p:1'],
    ['HTTP_PROXY not for https:', { HTTP_PROXY: 'http://p:1' }, 'https://a.test', undefined],
    ['HTTPS_PROXY for https:', { HTTPS_PROXY: 'http://p:1' }, 'https://a.test', 'http://p:1'],
    ['HTTPS_PROXY not for http:', { HTTPS_PROXY: 'http://p:1' }, 'http://a.test', undefined],
    ['lower case', { http_proxy: 'http://p:1' }, 'http://a.test', 'http://p:1'],
    ['lower case for https:', { https_proxy: 'http://p:1' }, 'https://a.test', 'http://p:1'],
    ['upper case before lower', { HTTP_PROXY: 'http://p:1', http_proxy: 'http://q:1' }, 'http://a.test', 'http://p:1'],
    ['empty as unset', { HTTP_PROXY: ' ', http_proxy: 'http://q:1' }, 'http://a.test', 'http://q:1'],
    ['a host and port alone', { HTTP_PROXY: 'p:3128' }, 'http://a.test', 'http://p:3128'],
    ['a host alone', { HTTP_PROXY: 'p' }, 'http://a.test', 'http://p'],
    ['https:// for the proxy itself', { HTTPS_PROXY: 'https://p:3129' }, 'https://a.test', 'https://p:3129'],
    ['ALL_PROXY is not read', { ALL_PROXY: 'http://p:1' }, 'http://a.test', undefined],
    ['HTTP_PROXY in a CGI program', { HTTP_PROXY: 'http://evil:1', REQUEST_METHOD: 'GET' }, 'http://a.test', undefined],
    [
      'lower case in a CGI program',
      { HTTP_PROXY: 'http://evil:1', http_proxy: 'http://p:1', REQUEST_METHOD: 'GET' },
      'http://a.test',
      'http://p:1',
    ],
    [
      'HTTPS_PROXY in a CGI program',
      { HTTPS_PROXY: 'http://p:1', REQUEST_METHOD: 'GET' },
      'https://a.test',
      'http://p:1',
    ],
    [
      'another scheme',
      { HTTPS_PROXY: 'socks5://user:secret@p:1080' },
      'https://a.test',
      'HTTPS_PROXY "socks5://…@p:1080": not the URL of a proxy that can be used; expected http://host:port or https://host:port; nothing is sent',
    ],
    [
      'no URL at all',
      { HTTP_PROXY: 'http://p:port' },
      'http://a.test',
      'HTTP_PROXY "http://p:port": not the URL of a proxy that can be used; expected http://host:port or https://host:port; nothing is sent',
    ],
  ])('%s', (_what, environment, url, expected) => {
    expect(chosen(url, environment)).toBe(expected)
  })
})

// The grammar is that of golang.org/x/net/http/httpproxy.
describe('NO_PROXY', () => {
  test.each<[list: string, host: string, isExcluded: boolean]>([
    ['', 'a.test', false],
    ['*', 'a.test', true],
    ['*', '10.1.2.3', true],
    ['b.test, *', 'a.test', true],
    ['a.test', 'a.test', true],
    ['A.Test', 'a.test', true],
    ['a.test', 'x.a.test', true],
    ['a.test', 'y.x.a.test', true],
    ['a.test', 'xa.test', false],
    ['a.test', 'a.test.other', false],
    ['.a.test', 'a.test', false],
    ['.a.test', 'x.a.test', true],
    ['*.a.test', 'a.test', false],
    ['*.a.test', 'x.a.test', true],
    ['x.*.test', 'x.a.test', false],
    [' b.test ,, a.test ', 'a.test', true],
    ['b.test a.test', 'a.test', false],
    ['a.test:8080', 'a.test:8080', true],
    ['a.test:8080', 'a.test:8081', false],
    ['.a.test:8080', 'x.a.test:8080', true],
    ['a.test:80', 'a.test', true],
    ['a.test:http', 'a.test', false],
    [':80', 'a.test', false],
    ['10.1.2.3', '10.1.2.3', true],
    ['10.1.2.3', '10.1.2.4', false],
    ['10.1.2.3:80', '10.1.2.3', true],
    ['10.1.2.3:81', '10.1.2.3', false],
    ['10.0.0.0/8', '10.255.255.255', true],
    ['10.0.0.0/8', '11.0.0.0', false],
    ['10.1.2.3/32', '10.1.2.3', true],
    ['10.1.2.3/33', '10.1.2.3', false],
    ['0.0.0.0/0', '192.0.2.1', true],
    ['0.0.0.0/0', 'a.test', false],
    ['10.0.0.0/8', '10.a.test', false],
    ['2001:db8::/32', '[2001:db8:1::1]', true],
    ['2001:db8::/32', '[2001:db9::1]', false],
    ['2001:db8::1', '[2001:db8::1]', true],
    ['2001:db8:0:0::1', '[2001:db8::1]', true],
    ['[2001:db8::1]', '[2001:db8::1]', true],
    ['[2001:db8::1]:80', '[2001:db8::1]', true],
    ['[2001:db8::1]:81', '[2001:db8::1]', false],
    ['bücher.test', 'xn--bcher-kva.test', true],
    ['a.test/8', 'a.test', false],
    ['/8', 'a.test', false],
    ['.2.3', '10.1.2.3', true],
    ['.', 'a.test', false],
  ])('"%s" for %s: %s', (list, host, isExcluded) => {
    const environment = { HTTP_PROXY: 'http://p:1', NO_PROXY: list }
    expect(chosen(`http://${host}`, environment)).toBe(isExcluded ? undefined : 'http://p:1')
  })

  test('counts in lower case too, the upper one before it', () => {
    expect(chosen('http://a.test', { HTTP_PROXY: 'p:1', no_proxy: 'a.test' })).toBe(undefined)
    expect(chosen('http://a.test', { HTTP_PROXY: 'p:1', NO_PROXY: 'b.test', no_proxy: 'a.test' })).toBe('http://p:1')
  })
})

describe('this machine', () => {
  test.each(['localhost', 'LOCALHOST', '127.0.0.1', '127.9.9.9', '[::1]', '[::ffff:127.0.0.1]'])(
    '%s is never reached through a proxy of the environment',
    (host) => {
      expect(chosen(`http://${host}:4318`, { HTTP_PROXY: 'http://p:1' })).toBe(undefined)
    },
  )

  test.each(['localhost.test', '128.0.0.1', '0.0.0.0', '[::2]'])('%s is not this machine', (host) => {
    expect(chosen(`http://${host}:4318`, { HTTP_PROXY: 'http://p:1' })).toBe('http://p:1')
  })

  test('is reached through a proxy that an option names', () => {
    const target = { secure: false, hostname: 'localhost', port: 4318 }
    const environment = { NO_PROXY: '*' }
    expect((proxyFor({ url: 'http://p:1' }, target, environment) as ProxyServer).display).toBe('http://p:1')
    expect(proxyFor('none', target, { HTTP_PROXY: 'http://p:1' })).toBe(undefined)
  })
})

import type { IncomingMessage } from 'node:http'
import t from 'tap'
import { addressGroup, clientAddress, parseNetwork, type TrustProxy } from '../../src/policies/client-address.ts'

function request(peer: string, forwarded?: string): IncomingMessage {
  return {
    socket: { remoteAddress: peer },
    headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
  } as IncomingMessage
}

t.test('whose word is taken for the address of the client', (t) => {
  const table: [trust: TrustProxy, peer: string, forwarded: string | undefined, expected: string, why: string][] = [
    [false, '192.0.2.1', '198.51.100.1', '192.0.2.1', 'nobody is trusted'],
    [false, '::ffff:192.0.2.1', undefined, '192.0.2.1', 'IPv4 on an IPv6 socket'],
    [1, '10.0.0.1', '198.51.100.1', '198.51.100.1', 'one proxy'],
    [1, '10.0.0.1', '1.1.1.1, 198.51.100.1', '198.51.100.1', 'the client sent a header of its own'],
    [1, '10.0.0.1', undefined, '10.0.0.1', 'not through the proxy'],
    [2, '10.0.0.1', '1.1.1.1, 198.51.100.1, 10.0.0.2', '198.51.100.1', 'two proxies'],
    [2, '10.0.0.1', '198.51.100.1', '198.51.100.1', 'past the first of two'],
    [1, '10.0.0.1', '198.51.100.1:4711', '198.51.100.1', 'with a port'],
    [1, '10.0.0.1', '[2001:db8::1]:4711', '2001:db8::1', 'IPv6 with a port'],
    [1, '10.0.0.1', '::ffff:198.51.100.1', '198.51.100.1', 'mapped'],
    [1, '10.0.0.1', '::FFFF:198.51.100.1', '198.51.100.1', 'mapped, in capitals'],
    [1, '10.0.0.1', '0:0:0:0:0:ffff:c633:6401', '198.51.100.1', 'mapped, in full'],
    [1, '10.0.0.1', '2001:0DB8:0::1', '2001:db8::1', 'IPv6 as RFC 5952 has it'],
    [1, '10.0.0.1', 'unknown', '10.0.0.1', 'no address'],
    [1, '10.0.0.1', '', '10.0.0.1', 'empty'],
    [2, '10.0.0.1', '198.51.100.1, nonsense, 10.0.0.2', '10.0.0.2', 'nothing behind nonsense is known'],
    [['10.0.0.0/8'], '10.0.0.1', '1.1.1.1, 198.51.100.1, 10.9.9.9', '198.51.100.1', 'the first that is not a proxy'],
    [['10.0.0.0/8'], '192.0.2.1', '198.51.100.1', '192.0.2.1', 'the peer is no proxy'],
    [['10.0.0.0/8'], '10.0.0.1', '10.0.0.3, 10.0.0.2', '10.0.0.3', 'proxies all the way'],
    [['10.0.0.1', 'fd00::/8'], 'fd00::1', '198.51.100.1, 10.0.0.1', '198.51.100.1', 'both families'],
    [['10.0.0.0/8'], '::ffff:10.0.0.1', '198.51.100.1', '198.51.100.1', 'a mapped proxy'],
  ]
  for (const [trust, peer, forwarded, expected, why] of table) {
    t.equal(clientAddress(trust)(request(peer, forwarded)), expected, why)
  }
  t.end()
})

t.test('an IPv6 customer counts as one', (t) => {
  t.equal(addressGroup('192.0.2.1'), '192.0.2.1')
  t.equal(addressGroup('2001:db8:0:1:2:3:4:5'), '2001:db8:0:1::/64')
  t.equal(addressGroup('2001:db8:0:1::9'), '2001:db8:0:1::/64')
  t.equal(addressGroup('2001:0DB8::1'), '2001:db8:0:0::/64')
  t.equal(addressGroup('2001:db8::'), '2001:db8:0:0::/64')
  t.equal(addressGroup('::1'), '0:0:0:0::/64')
  t.equal(addressGroup('fe80::1%eth0'), 'fe80:0:0:0::/64')
  t.end()
})

t.test('networks', (t) => {
  t.match(parseNetwork('10.0.0.0/8'), { address: '10.0.0.0', bits: 8, family: 'ipv4' })
  t.match(parseNetwork('::1'), { bits: 128, family: 'ipv6' })
  for (const wrong of ['', '10.0.0.0/33', '10.0.0/8', 'fd00::/129', '10.0.0.0/', '10.0.0.0/8/8', 'localhost', '10.0.0.0/-1']) {
    t.equal(parseNetwork(wrong), undefined, wrong)
  }
  t.end()
})

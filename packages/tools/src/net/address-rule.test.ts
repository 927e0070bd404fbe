import { ConfigError, ToolError } from '@pawl/core';
import { describe, expect, test } from 'vitest';
import { AddressRule } from './address-rule.ts';
import { checkUrl } from './check-url.ts';

const none = new AddressRule([], 'test');

test.each([
  ['loopback', '127.0.0.1'],
  ['loopback, further on', '127.255.255.254'],
  ['loopback of IPv6', '::1'],
  ['this host', '0.0.0.0'],
  ['this network', '0.1.2.3'],
  ['any of IPv6', '::'],
  ['private', '10.0.0.1'],
  ['private', '172.16.0.1'],
  ['private', '172.31.255.255'],
  ['private', '192.168.1.1'],
  ['private of IPv6', 'fd12::1'],
  ['a cloud’s metadata', '169.254.169.254'],
  ['a cloud’s metadata over IPv6', 'fd00:ec2::254'],
  ['Alibaba’s metadata', '100.100.100.200'],
  ['Azure’s host', '168.63.129.16'],
  ['link-local', '169.254.0.1'],
  ['link-local of IPv6', 'fe80::1'],
  ['a carrier’s', '100.64.0.1'],
  ['benchmarks', '198.18.0.1'],
  ['documentation', '192.0.2.1'],
  ['documentation', '203.0.113.1'],
  ['documentation of IPv6', '2001:db8::1'],
  ['multicast', '224.0.0.1'],
  ['multicast of IPv6', 'ff02::1'],
  ['broadcast', '255.255.255.255'],
  ['reserved', '240.0.0.1'],
  ['protocols', '192.0.0.8'],
  ['a relay of 6to4', '192.88.99.1'],
  ['IPv4 within IPv6', '::ffff:127.0.0.1'],
  ['private IPv4 within IPv6', '::ffff:a00:1'],
  ['IPv4 within IPv6, the old form', '::127.0.0.1'],
  ['NAT64', '64:ff9b::7f00:1'],
  ['NAT64 of one’s own', '64:ff9b:1::1'],
  ['6to4', '2002:7f00:1::'],
  ['Teredo', '2001:0:7f00:1::'],
  ['site-local', 'fec0::1'],
  ['discard only', '100::1'],
  ['IPv4 within IPv6, translated', '::ffff:0:127.0.0.1'],
  ['unassigned', '4000::1'],
  ['segment routing', '5f00::1'],
  ['documentation of IPv6, the new block', '3fff::1'],
  ['link-local in a zone', 'fe80::1%eth0'],
  ['link-local in a zone of another spelling', 'fe80::1%eth-0'],
  ['IPv4 within IPv6 in a zone', '::ffff:127.0.0.1%a.b'],
  ['not an address', 'localhost'],
  ['empty', ''],
])('refuses an address that is %s: %s', (_, address) => {
  expect(none.isAllowed(address)).toBe(false);
});

test.each(['8.8.8.8', '1.1.1.1', '172.32.0.1', '2606:4700:4700::1111', '::ffff:8.8.8.8'])(
  'allows the public address %s',
  (address) => {
    expect(none.isAllowed(address)).toBe(true);
  },
);

test('allows listed addresses and blocks, and no others', () => {
  const rule = new AddressRule(['127.0.0.1', '10.1.0.0/16', 'fd12::/32'], 'test');
  expect(['127.0.0.1', '10.1.2.3', 'fd12::9', '::ffff:127.0.0.1'].map((each) => rule.isAllowed(each))).toEqual([
    true,
    true,
    true,
    true,
  ]);
  expect(['127.0.0.2', '10.2.0.1', 'fd13::1', '::1'].map((each) => rule.isAllowed(each))).toEqual([
    false,
    false,
    false,
    false,
  ]);
  expect(() => new AddressRule(['nowhere'], 'test')).toThrow(ConfigError);
});

describe('checkUrl', () => {
  test.each([
    'http://127.0.0.1/',
    'http://2130706433/',
    'http://0x7f000001/',
    'http://0x7f.1/',
    'http://0177.0.0.1/',
    'http://017700000001/',
    'http://127.1/',
    'http://127.0.1/',
    'http://0/',
    'http://[::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[0:0:0:0:0:ffff:7f00:1]/',
    'http://[::ffff:7f00:1]/',
    'http://①②⑦.⓪.⓪.①/',
    'http://127。0。0。1/',
    'http://169.254.169.254/latest/meta-data/',
    'http://[fd00:ec2::254]/latest',
    'http://[64:ff9b::169.254.169.254]/',
    'http:\\\\127.0.0.1/',
    'http:127.0.0.1',
    ' http://127.0.0.1/ ',
    'http://127.0.0.1./',
  ])('refuses the private address %s', (text) => {
    expect(() => checkUrl(text, { addresses: none, ports: [80, 443] })).toThrow(ToolError);
  });

  test.each([
    ['file:///etc/passwd', 'file:'],
    ['data:text/html,hi', 'data:'],
    ['ftp://example.com/', 'ftp:'],
    ['gopher://example.com/', 'gopher:'],
    ['javascript:alert(1)', 'javascript:'],
    ['blob:https://example.com/1', 'blob:'],
    ['http://user:secret@example.com/', 'user name'],
    ['http://example.com@127.0.0.1/', 'user name'],
    ['http://example.com:22/', 'Port 22'],
    ['http://example.com:65536/', 'not an address'],
    ['//example.com/', 'not an address'],
    ['example.com', 'not an address'],
    [`https://example.com/${'x'.repeat(5_000)}`, 'longer than'],
  ])('refuses %s with the reason', (text, message) => {
    expect(() => checkUrl(text, { addresses: none, ports: [80, 443] })).toThrow(message);
  });
});

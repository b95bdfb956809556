import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HostList } from './egress-hosts.ts';
import { authorityOf, readAuthority, readHttpUrl } from './egress-target.ts';

const read = (text: string): string | undefined => {
  const target = readAuthority(text, 443);
  return target && authorityOf(target);
};

test('one host has one spelling, whatever form it is asked for in', () => {
  const table: Readonly<Record<string, string>> = {
    'docs.rs': 'docs.rs:443',
    'DOCS.RS:443': 'docs.rs:443',
    'docs.rs.': 'docs.rs:443',
    'docs.rs.:8443': 'docs.rs:8443',
    'xn--bcher-kva.example:443': 'xn--bcher-kva.example:443',
    '127.0.0.1:80': '127.0.0.1:80',
    '2130706433:80': '127.0.0.1:80',
    '0x7f000001': '127.0.0.1:443',
    '0x7f.1': '127.0.0.1:443',
    '0177.0.0.1': '127.0.0.1:443',
    '127.1': '127.0.0.1:443',
    '0': '0.0.0.0:443',
    '127.0.0.0x': '127.0.0.0:443',
    '[::1]:443': '[::1]:443',
    '[0:0:0:0:0:0:0:1]:443': '[::1]:443',
    '[::ffff:127.0.0.1]': '[::ffff:7f00:1]:443',
    'my_registry.example:1': 'my_registry.example:1',
    'docs.rs:65535': 'docs.rs:65535',
  };
  for (const [asked, host] of Object.entries(table)) assert.equal(read(asked), host, asked);
});

test('what another reader could take for another host is none', () => {
  const none = [
    ...['', ':443', 'docs.rs:', 'docs.rs:0', 'docs.rs:65536', 'docs.rs:99999', 'docs.rs:-1', 'docs.rs:4 43'],
    ...['docs.rs:443:443', 'docs.rs@evil.example:443', 'evil.example:443@docs.rs:443', 'a:b@docs.rs'],
    ...[
      'docs.rs/x',
      'docs.rs?x',
      'docs.rs#x',
      '\\docs.rs',
      'docs.rs\\evil.example',
      'docs.rs%2eevil.example',
    ],
    ...['docs.rs\0.evil.example', 'docs.rs\r\nhost: x', ' docs.rs', 'docs..rs', '.docs.rs', 'docs.rs..'],
    ...['dоcs.rs', 'bücher.example', 'docs。rs', 'ｄocs.rs', 'docs.r\u017f', '\u212a.rs'],
    ...['-docs.rs', 'docs-.rs', `${'a'.repeat(64)}.rs`, `${'a.'.repeat(127)}toolong`],
    ...['256.256.256.256', '1.2.3.4.5', '[::1', '::1', '[::1]x', '[fe80::1%eth0]', '[]', '*'],
  ];
  for (const asked of none) assert.equal(read(asked), undefined, JSON.stringify(asked));
});

test('an address in absolute form is read as strictly, and nothing but http is one', () => {
  assert.deepEqual(readHttpUrl('http://Docs.RS:80/a?b'), { host: 'docs.rs', port: 80, path: '/a?b' });
  assert.deepEqual(readHttpUrl('HTTP://docs.rs'), { host: 'docs.rs', port: 80, path: '/' });
  assert.deepEqual(readHttpUrl('http://docs.rs?b'), { host: 'docs.rs', port: 80, path: '/?b' });
  const none = [
    ...['http://docs.rs@evil.example/', 'http://docs.rs\\@evil.example/', 'http:///x', 'http:docs.rs/'],
    ...[
      'https://docs.rs/',
      'ftp://docs.rs/',
      '//docs.rs/',
      '/etc/passwd',
      'docs.rs',
      'http://docs.rs:0/',
      '*',
    ],
  ];
  for (const asked of none) assert.equal(readHttpUrl(asked), undefined, asked);
});

test('a host is on the list by its whole name and port, and an empty list has none', () => {
  const standing = (named: readonly string[], asked: string, registries: readonly string[] = []) =>
    new HostList({ named, registries }).standing(readAuthority(asked, 443)!);
  const named = ['Docs.RS', 'shop.example:4873', '[::1]:8080', '10.0.0.5:80', '2130706433:8081'];
  for (const asked of ['docs.rs:443', 'docs.rs:80', 'shop.example:4873', '[::1]:8080', '10.0.0.5:80'])
    assert.equal(standing(named, asked), 'named', asked);
  assert.equal(standing(named, '127.0.0.1:8081'), 'named', 'an entry is read as what is asked for is');
  const others = [
    ...['docs.rs:8080', 'www.docs.rs', 'docs.rs.evil.example', 'evildocs.rs', 'rs', 'shop.example:443'],
    ...['10.0.0.5:81', '127.0.0.1:8080', '[::ffff:10.0.0.5]:80', '169.254.169.254:80'],
  ];
  for (const asked of others) assert.equal(standing(named, asked), 'refused', asked);
  assert.equal(standing([], 'docs.rs:443'), 'refused');
  assert.equal(standing(['*'], 'docs.rs:9999'), 'public');
  assert.equal(standing([], 'pypi.org:443', ['pypi.org']), 'public');
  assert.equal(standing([], 'pypi.org:80', ['pypi.org']), 'refused', 'a registry is asked by TLS alone');
  assert.equal(standing(['*.docs.rs', 'docs.rs/x'], 'docs.rs:443'), 'refused', 'no patterns');
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wantsNetwork } from './network-words.ts';

const SAID = [
  'npm error request to https://registry.npmjs.org/left-pad failed, reason: getaddrinfo EAI_AGAIN registry.npmjs.org',
  'FetchError: getaddrinfo ENOTFOUND registry.npmjs.org',
  'npm error code ENOTCACHED',
  'connect ECONNREFUSED 104.16.0.35:443',
  'fatal: unable to access: Could not resolve host: github.com',
  'dial tcp: lookup proxy.golang.org: no such host',
  'dial tcp: lookup proxy.golang.org on [::1]:53: read udp 127.0.0.1:53: connection refused',
  'error: no matching package named `rand` found\nperhaps you meant: As a reminder, you are using offline mode',
  "As a reminder, you're using offline mode (--offline)",
  'urllib3: [Errno -3] Temporary failure in name resolution',
  'warning: spurious network error (3 tries remaining)',
];
for (const line of SAID)
  test(`a program that lacks the network says: ${line}`, () => assert.ok(wantsNetwork(line)));

test('a test of a server on this machine that is refused does not lack the network', () => {
  assert.equal(wantsNetwork('Error: connect ECONNREFUSED 127.0.0.1:3000'), false);
  assert.equal(wantsNetwork('1 failing: expected 2'), false);
});

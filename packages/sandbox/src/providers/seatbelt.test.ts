import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSeatbelt } from './seatbelt.ts';
import { seatbeltProfile } from './seatbelt-profile.ts';

const ASK = {
  reads: ['/usr', '/opt/swarm/bin'],
  writes: ['/private/tmp/w 1"ü'],
  sockets: ['/private/tmp/gateway.sock'],
} as const;

test('the profile denies everything but what is shown, its own folders, loopback and the gateway', () => {
  assert.equal(
    seatbeltProfile(ASK),
    `(version 1)
(deny default)
; processes of its own, and what every program asks the system at its start
(allow process-fork)
(allow process-exec)
(allow signal (target same-sandbox))
(allow process-info* (target same-sandbox))
(allow sysctl-read)
(allow file-read-metadata)
(allow pseudo-tty)
(allow mach-lookup (global-name "com.apple.system.opendirectoryd.libinfo"))
(allow mach-lookup (global-name "com.apple.system.logger"))
; what is shown, and what is its own
(allow file-read* (literal "/"))
(allow file-read* (subpath "/usr"))
(allow file-read* (subpath "/opt/swarm/bin"))
(allow file-read* (subpath "/private/tmp/w 1\\"ü"))
(allow file-write* (subpath "/private/tmp/w 1\\"ü"))
(allow file-write* (literal "/dev/null"))
(allow file-write* (literal "/dev/zero"))
(allow file-write* (literal "/dev/tty"))
(allow file-write* (literal "/dev/dtracehelper"))
; servers of its own, the gateway, and the way out
(allow network-bind (local ip "localhost:*"))
(allow network-inbound (local ip "localhost:*"))
(allow network-outbound (remote ip "localhost:*"))
(allow network-outbound (remote unix-socket (path-literal "/private/tmp/gateway.sock")))
`,
  );
});

test('nobody reaches a network but through a socket that was named', () => {
  const sockets = [...ASK.sockets, '/private/tmp/egress.sock'];
  const rules = seatbeltProfile({ ...ASK, sockets })
    .split('\n')
    .filter((line) => line.includes('network-outbound'));
  assert.deepEqual(rules, [
    '(allow network-outbound (remote ip "localhost:*"))',
    '(allow network-outbound (remote unix-socket (path-literal "/private/tmp/gateway.sock")))',
    '(allow network-outbound (remote unix-socket (path-literal "/private/tmp/egress.sock")))',
  ]);
});

test('a path cannot end a rule and begin another', () => {
  const hostile = '/w")) (allow default) ((x "\n(allow default)';
  const lines = seatbeltProfile({ ...ASK, writes: [hostile] }).split('\n');
  assert.ok(lines.every((line) => !line.startsWith('(allow default)')));
  assert.ok(lines.some((line) => line.includes('\\")) (allow default)')));
});

test('commands see everything where it lies', () => {
  const provider = createSeatbelt({
    stateKey: 's',
    nodePath: '/n',
    bridgeFile: '/b',
    path: [],
    readOnly: [],
  });
  assert.equal(provider.insideOf('/w'), '/w');
  assert.equal(provider.shownAt({ host: '/h', inside: '/i' }), '/h');
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Addresses, type Lookup } from './egress-address.ts';
import { readAuthority } from './egress-target.ts';

const reach = (addresses: Addresses, asked: string) => addresses.reach(readAuthority(asked, 443)!);

/** A name server that answers with the next of these each time. */
function answering(...answers: readonly (readonly string[])[]): { lookup: Lookup; asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    lookup: async (host) => {
      asked.push(host);
      return answers[Math.min(asked.length, answers.length) - 1] ?? [];
    },
  };
}

test('this machine, its network and whatever stands for them are refused to whom nobody named them; everybody’s are not', async () => {
  const addresses = new Addresses({ named: ['*'], registries: [] });
  const own = [
    ...['127.0.0.1', '127.9.9.9', '0.0.0.0', '10.1.2.3', '192.168.1.1', '172.31.0.1', '169.254.169.254'],
    ...['2130706433', '0x7f.1', '0177.0.0.1', '127.1', '0', '0xa9fea9fe', '2852039166', '100.64.0.1'],
    ...['[::1]', '[::]', '[::ffff:127.0.0.1]', '[::ffff:10.0.0.1]', '[::ffff:a9fe:a9fe]'],
    ...['[64:ff9b::7f00:1]', '[2002:7f00:1::]', '[fd00::1]', '[fe80::1]', 'localhost', 'LOCALHOST.'],
  ];
  for (const host of own) assert.equal((await reach(addresses, host)).kind, 'refused', host);
  for (const host of ['1.1.1.1', '8.8.8.8', '[2606:4700::1111]'])
    assert.equal((await reach(addresses, host)).kind, 'address', host);
});

test('a name is asked for once, and what was judged is what is connected to', async () => {
  const rebinding = answering(['93.184.216.34'], ['127.0.0.1']);
  const addresses = new Addresses({ named: [], registries: ['registry.example'] }, rebinding.lookup);
  const first = await reach(addresses, 'registry.example');
  assert.deepEqual(first, { kind: 'address', address: '93.184.216.34' });
  assert.deepEqual(rebinding.asked, ['registry.example']);
  assert.equal(
    (await reach(addresses, 'registry.example')).kind,
    'refused',
    'the second answer is judged anew',
  );
});

test('a name with one private address among public ones is refused, for registries and under *', async () => {
  const { lookup } = answering(['93.184.216.34', '::ffff:10.0.0.1']);
  for (const rules of [
    { named: [], registries: ['r.example'] },
    { named: ['*'], registries: [] },
  ])
    assert.equal((await reach(new Addresses(rules, lookup), 'r.example')).kind, 'refused');
  const named = await reach(new Addresses({ named: ['r.example'], registries: [] }, lookup), 'r.example');
  assert.deepEqual(named, { kind: 'address', address: '93.184.216.34' });
});

test('a name that is not on the list is not even looked up', async () => {
  const server = answering(['93.184.216.34']);
  const addresses = new Addresses({ named: ['docs.rs'], registries: [] }, server.lookup);
  assert.equal((await reach(addresses, 'c2VjcmV0.evil.example')).kind, 'refused');
  assert.deepEqual(server.asked, []);
});

test('an answer that is no address is none that may be reached', async () => {
  const { lookup } = answering(['not-an-address']);
  assert.equal(
    (await reach(new Addresses({ named: ['*'], registries: [] }, lookup), 'a.example')).kind,
    'refused',
  );
  const gone = new Addresses({ named: ['*'], registries: [] }, answering([]).lookup);
  assert.equal((await reach(gone, 'a.example')).kind, 'unknown');
});

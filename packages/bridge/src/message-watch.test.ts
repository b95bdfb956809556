import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import * as ws from 'ws';
import { MessageWatch } from './message-watch.ts';

/** Its types do not know it. */
const { Sender } = ws as unknown as {
  readonly Sender: { frame(payload: Buffer, options: object): Buffer[] };
};

/** Frames as the client library makes them. */
const frame = (payload: string, options: object): Buffer =>
  Buffer.concat(
    Sender.frame(Buffer.from(payload), {
      fin: true,
      rsv1: false,
      opcode: 1,
      mask: true,
      readOnly: false,
      ...options,
    }),
  );

const PING = frame('', { opcode: 9 });
const LONG = 'x'.repeat(300);
const HUGE = 'x'.repeat(70_000);

test('however frames come in pieces, it is in the middle from the first byte of a message to its last', () => {
  const messages = [
    [frame('a', {})],
    [frame(LONG, {})],
    [frame(HUGE, {})],
    [frame('a', { fin: false }), frame(LONG, { opcode: 0 })],
    [frame('', { fin: false }), PING, frame('', { opcode: 0, fin: false }), PING, frame('b', { opcode: 0 })],
    [PING],
  ];
  for (const frames of messages) {
    const bytes = Buffer.concat(frames);
    for (const size of [1, 2, 3, 7, 1_000, bytes.length]) {
      let isInMiddle = false;
      const watch = new MessageWatch((is) => {
        isInMiddle = is;
      });
      for (let at = 0; at < bytes.length; at += size) {
        watch.take(bytes.subarray(at, at + size));
        assert.equal(isInMiddle, at + size < bytes.length, `${at} of ${bytes.length} by ${size}`);
      }
    }
  }
});

test('a message that ends where the next one begins is not counted with it', () => {
  const told: boolean[] = [];
  const watch = new MessageWatch((is) => told.push(is));
  const one = frame('abc', {});
  watch.take(one.subarray(0, 4));
  watch.take(Buffer.concat([one.subarray(4), one.subarray(0, 5)]));
  watch.take(one.subarray(5));
  assert.deepEqual(told, [true, false, true, false]);
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createScrubber, redactKeys } from './secrets.ts';

const KEY = 'sk-a/very+secret=key';
const keyed = [{ apiKey: KEY }];
const spellings: [string, string][] = [
  ['as it stands', KEY],
  ['in JSON with its strokes escaped', KEY.replaceAll('/', '\\/')],
  ['in an address', encodeURIComponent(KEY)],
  ['in base64', Buffer.from(`Bearer ${KEY}`).toString('base64')],
  ['in base64, elsewhere', Buffer.from(`user:${KEY}!`).toString('base64')],
];

/** The bytes as they go by in pieces of `size`. */
function scrubbed(text: string, size: number, endpoints = keyed): string {
  const scrubber = createScrubber(endpoints);
  const bytes = Buffer.from(text);
  const out: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) out.push(scrubber.push(bytes.subarray(at, at + size)));
  return Buffer.concat([...out, scrubber.end()]).toString();
}

describe('a key', () => {
  for (const [how, spelling] of spellings)
    it(`is not shown ${how}, wherever its bytes are cut`, () => {
      const core = KEY.slice(3, 12);
      for (const size of [1, 2, 5, 19, 10_000]) {
        const out = scrubbed(`Größe: 木 ${spelling} and after, ${spelling}.`, size);
        assert.match(out, /^Größe: 木 .*\[key\].* and after, .*\[key\].*\.$/);
        assert.doesNotMatch(out, new RegExp(core.replace(/[/+]/g, '\\$&')));
        assert.equal(out.includes(spelling), false);
      }
      assert.match(redactKeys(spelling, keyed), /\[key\]/);
    });

  it('with a line break is not shown in one line, nor line by line', () => {
    const broken = [{ apiKey: 'sk-first-half\nsk-second-half\n' }];
    for (const text of [
      'sk-first-half\nsk-second-half',
      'sk-first-half sk-second-half',
      'x sk-second-half y',
      'sk-first-half\\nsk-second-half',
    ])
      assert.doesNotMatch(redactKeys(text, broken), /sk-/);
  });

  it('is told apart from a key that begins like it', () => {
    assert.equal(
      scrubbed('sk-long-key-1-more sk-long-key-1', 3, [
        { apiKey: 'sk-long-key-1' },
        { apiKey: 'sk-long-key-1-more' },
      ]),
      '[key] [key]',
    );
  });

  it('that is no secret stays a word', () => {
    for (const word of ['none', 'ollama', 'lm-studio', 'x']) {
      const text = `${word} is a word`;
      assert.equal(scrubbed(text, 2, [{ apiKey: word }]), text);
    }
  });
});

it('bytes without a key go by as they are', () => {
  const text = JSON.stringify({ content: 'sk-a/very+secret=ke sk-a' });
  for (const size of [1, 4, 1000]) assert.equal(scrubbed(text, size), text);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Window } from './window.ts';

test('without a word of the server a token is four characters, and a window 128,000 tokens', () => {
  assert.equal(new Window().chars(1), 512_000);
  assert.equal(new Window({ tokens: 8_000 }).chars(0.05), 1_600);
});

test('what a token holds is what the server counted, within what a tokenizer can make of text', () => {
  const window = new Window({ tokens: 1_000 });
  for (const [chars, tokens, per] of [
    [30_000, 10_000, 3],
    [30_000, 0, 3],
    [30_000, 100, 6],
    [1_000, 9_000, 1],
  ] as const) {
    window.counted(chars, tokens);
    assert.equal(window.chars(1), per * 1_000, `${chars} characters, ${tokens} tokens`);
  }
});

test('what a server took of a longer prompt, and said nothing, is the window from then on', () => {
  const window = new Window();
  assert.deepEqual([window.took(4_000), window.took(4_000), window.took(9_000)], [true, false, false]);
  assert.equal(window.chars(1), 16_000);
});

test('a refusal tells the window, without the room that was set aside for the answer', () => {
  const window = new Window();
  window.refused(120_000, { window: 32_768, prompt: 30_000, answer: 4_096 });
  assert.deepEqual(window.kept, { tokens: 28_672, charsPerToken: 4 });
});

test('a refusal that names no figure tells that what was sent is too much, each time again', () => {
  const window = new Window();
  window.refused(100_000, {});
  assert.equal(window.kept.tokens, 22_500);
  window.refused(50_000, {});
  assert.equal(window.kept.tokens, 11_250);
});

test('a refusal of what seemed to fit tells that a token holds less', () => {
  const window = new Window();
  window.refused(16_384, { window: 8_192 });
  assert.deepEqual(window.kept, { tokens: 8_192, charsPerToken: 2 });
});

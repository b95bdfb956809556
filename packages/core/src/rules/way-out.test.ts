import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refusedText } from './way-out.ts';

test('a refused host is told as it was asked for, with the line that lets it through', () => {
  assert.equal(
    refusedText(['codeload.github.com:443', 'github.com:80', 'github.com:443', 'npm.shop.example:4873']),
    'asked for codeload.github.com:443, github.com:80, github.com:443, npm.shop.example:4873, which it may not reach; where it should, add to [sandbox] in ~/.config/swarm/config.toml: egress = ["codeload.github.com","github.com","npm.shop.example:4873"]',
  );
});

test('however many there are, a few are named', () => {
  const many = [...Array.from({ length: 32 }, (_, index) => `h${index}.example:443`), 'others'];
  const text = refusedText(many);
  assert.match(text, /h7\.example:443 and others, which/);
  assert.ok(text.length < 600);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseBudget, parseBytes, parseDurationMs } from './units.ts';

test('durations are a number with ms, s, m, h or d', () => {
  const rows: [string, number | undefined][] = [
    ['500ms', 500],
    ['90s', 90_000],
    ['30m', 1_800_000],
    ['1.5h', 5_400_000],
    ['7d', 604_800_000],
    [' 2h ', 7_200_000],
    ['30', undefined],
    ['-1s', undefined],
    ['1h30m', undefined],
    ['', undefined],
  ];
  for (const [text, ms] of rows) assert.equal(parseDurationMs(text), ms, text);
});

test('a budget is dollars, tokens, or both, each once', () => {
  const rows: [string, object | undefined][] = [
    ['5usd', { usd: 5 }],
    ['0.5USD', { usd: 0.5 }],
    ['2Mtok', { tokens: 2_000_000 }],
    ['500ktok', { tokens: 500_000 }],
    ['700tok', { tokens: 700 }],
    ['5usd, 2Mtok', { usd: 5, tokens: 2_000_000 }],
    ['5usd,6usd', undefined],
    ['5', undefined],
    ['5eur', undefined],
    ['', undefined],
  ];
  for (const [text, limits] of rows) assert.deepEqual(parseBudget(text), limits, text);
});

test('sizes are a number with k, m, g or t, in powers of 1024', () => {
  const rows: [string, number | undefined][] = [
    ['16k', 16_384],
    ['512m', 536_870_912],
    ['4G', 4_294_967_296],
    [' 1.5t ', 1_649_267_441_664],
    ['4', undefined],
    ['4gb', undefined],
    ['-1g', undefined],
    ['', undefined],
  ];
  for (const [text, bytes] of rows) assert.equal(parseBytes(text), bytes, text);
});

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { SwarmError } from '@swarm/core/errors';
import { costUsd, mergePrices, priceOf, readPrices } from './prices.ts';
import { readTokens } from './usage.ts';

const shipped = readPrices(
  readFileSync(new URL('../../../infra/prices.json', import.meta.url), 'utf8'),
  'infra/prices.json',
);

describe('the price of a model', () => {
  const rows: [string, number | undefined][] = [
    ['gpt-4.1', 2],
    ['gpt-4.1-mini', 0.4],
    ['gpt-4.1-2025-04-14', 2],
    ['gpt-4.1-mini-2025-04-14', 0.4],
    ['claude-opus-4-1-20250805', 15],
    ['claude-opus-4-1-latest', 15],
    ['gpt-5-pro', undefined],
    ['gpt-4.10', undefined],
    ['my-own', undefined],
    ['toString', undefined],
    ['', undefined],
  ];
  for (const [model, input] of rows)
    it(`${model || '(no name)'} is ${input === undefined ? 'not known' : `${input} USD per million in`}`, () => {
      assert.equal(priceOf(shipped, model)?.input, input);
    });

  it('is the operator’s own where there is one', () => {
    const table = mergePrices(shipped, {
      'gpt-4.1': { input: 1, output: 1 },
      'my-own': { input: 0, output: 0 },
    });
    assert.deepEqual([priceOf(table, 'gpt-4.1')?.input, priceOf(table, 'my-own')?.input], [1, 0]);
  });

  it('counts cached input at its own price, or as any input where there is none', () => {
    const tokens = { input: 1_000_000, cachedInput: 400_000, output: 100_000, isEstimated: false };
    assert.equal(costUsd({ input: 2, output: 8, cachedInput: 0.5 }, tokens), 1.2 + 0.2 + 0.8);
    assert.equal(costUsd({ input: 2, output: 8 }, tokens), 2.8);
  });
});

describe('a price table', () => {
  it('is refused with the place of every mistake', () => {
    const json = JSON.stringify({
      asOf: 'soon',
      currency: 'USD',
      perMillion: { m: { input: -1, output: 1 }, n: { input: 1 } },
    });
    assert.throws(
      () => readPrices(json, 'p.json'),
      (error) => {
        assert.ok(error instanceof SwarmError);
        const whys = error.problems.map((p) => p.why?.split(':')[0]);
        assert.deepEqual(whys, ['asOf', 'perMillion.m.input', 'perMillion.n.output']);
        return true;
      },
    );
  });
});

describe('the usage a server tells', () => {
  it('is not believed when it cannot be', () => {
    for (const wire of [
      null,
      'many',
      {},
      { prompt_tokens: -1, completion_tokens: 2 },
      { prompt_tokens: 1.5, completion_tokens: 2 },
      { prompt_tokens: 1e300, completion_tokens: 2 },
      { prompt_tokens: '12', completion_tokens: 2 },
    ])
      assert.equal(readTokens(wire), undefined);
  });

  it('counts no more cached input than there was input', () => {
    const wire = { prompt_tokens: 10, completion_tokens: 1, prompt_tokens_details: { cached_tokens: 99 } };
    assert.equal(readTokens(wire)?.cachedInput, 10);
  });
});

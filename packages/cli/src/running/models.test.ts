import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { SwarmError } from '@swarm/core/errors';
import { programPlaces } from '../places.ts';
import { pricesOf } from './models.ts';

let config: string;
beforeEach(() => {
  config = mkdtempSync(join(tmpdir(), 'swarm-prices-'));
  mkdirSync(join(config, 'swarm'));
});
afterEach(() => rmSync(config, { recursive: true }));

const prices = () => pricesOf(programPlaces(), { XDG_CONFIG_HOME: config });
const own = (text: string): void => writeFileSync(join(config, 'swarm', 'prices.json'), text);

describe('an operator’s own prices', () => {
  it('go over the table we ship, model by model', () => {
    const shipped = prices().perMillion;
    own(
      '{"asOf":"2026-11-01","currency":"USD","perMillion":{"gpt-5":{"input":9,"output":99},"mine":{"input":1,"output":2}}}',
    );
    assert.deepEqual(prices().perMillion, {
      ...shipped,
      'gpt-5': { input: 9, output: 99 },
      mine: { input: 1, output: 2 },
    });
  });
  it('are refused by name when they cannot be read', () => {
    own('{"asOf":"yesterday"}');
    assert.throws(prices, (error) => error instanceof SwarmError && error.message.includes('SW0102'));
  });
});

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { SwarmError } from '@swarm/core/errors';
import type { Config } from '../config/resolved.ts';
import { programPlaces } from '../places.ts';
import { agentDialect, agentProfile, contextChars, pricesOf, profilesOf } from './models.ts';
import type { RunFile } from './run-file.ts';

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

describe('what is known of a model', () => {
  const pinned = (profiles?: Config['profiles']) =>
    profilesOf(programPlaces(), { config: { ...(profiles && { profiles }) } as RunFile['config'] });

  it('comes with swarm, and the configuration’s own goes over it, key by key', () => {
    const shipped = contextChars('gpt-4o', pinned())!;
    assert.equal(shipped, Math.floor(0.7 * 128_000 * 4));
    const own = pinned({ 'gpt-*': { window: 10_000 } });
    assert.equal(contextChars('gpt-4o', own), 28_000);
    assert.equal(contextChars('unheard-of', own), undefined);
  });

  it('tells the agent how much fits, and whether it has to write its calls', () => {
    const own = pinned({ 'small-*': { window: 8_192, textTools: true } });
    assert.deepEqual(agentProfile('small-1', own), { windowTokens: 8_192, textTools: true });
    assert.deepEqual(agentProfile('unheard-of', own), {});
  });
});

describe('the built-in agent’s dialect', () => {
  const endpoint = (dialect: 'chat' | 'responses' | 'messages' | 'gemini', weight = 100) => ({
    name: `${dialect}-${weight}`,
    baseUrl: 'http://127.0.0.1:9/v1',
    dialect,
    weight,
  });
  it('is that of most of the load among those it speaks, chat first on a tie', () => {
    assert.equal(agentDialect([endpoint('messages'), endpoint('chat')]), 'chat');
    assert.equal(agentDialect([endpoint('messages'), endpoint('chat', 50)]), 'messages');
    assert.equal(agentDialect([endpoint('responses', 0), endpoint('gemini')]), 'responses');
    assert.equal(agentDialect([endpoint('gemini')]), undefined);
    const account = (name: string) => ({ ...endpoint('chat', 50), name: `v/${name}`, accountOf: 'v' });
    assert.equal(agentDialect([account('a'), account('b'), account('c'), endpoint('messages')]), 'messages');
  });
});

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { SwarmError } from '@swarm/core/errors';
import { ask } from '../test/support/agent.ts';
import { modelOver, startServer as startModel } from '../test/support/asking.ts';
import { systemClock } from '../test/support/clocks.ts';
import { answering, SPOKEN } from '../test/support/dialects.ts';
import * as fault from '../test/support/fault-server.ts';
import { a1, openGateway, startServer } from '../test/support/gateways.ts';
import { type ModelProfile, profileOf, readProfiles, withExtra } from './profiles.ts';

const SHIPPED = join(import.meta.dirname, '..', '..', '..', 'infra', 'models.json');

describe('the profile of a model', () => {
  it('is put together key by key, and the longest glob that fits wins', () => {
    const table = {
      'g*': { window: 1, temperature: 1 },
      'glm-*': { window: 2 },
      'glm-4.?': { maxOutput: 9 },
    };
    assert.deepEqual(profileOf('glm-4.6', table), { window: 2, temperature: 1, maxOutput: 9 });
    assert.deepEqual(profileOf('glm-4.61', table), { window: 2, temperature: 1 });
    assert.deepEqual(profileOf('qwen', table), {});
    assert.deepEqual(profileOf('a/glm-4', { '*glm-*': { window: 3 } }), { window: 3 });
  });

  it('is the configuration’s where it and the shipped table say the same key', () => {
    const shipped = { 'glm-4.6': { window: 200, maxOutput: 50 } };
    assert.deepEqual(profileOf('glm-4.6', shipped, { '*': { window: 100 } }), { window: 100, maxOutput: 50 });
  });

  it('is found at once, whatever the glob: none can run away', { timeout: 5_000 }, () => {
    assert.deepEqual(profileOf('a'.repeat(5_000), { [`${'*a'.repeat(500)}b`]: { window: 1 } }), {});
  });

  it('comes with a dated table, in which every model has its window and its longest answer', () => {
    const text = readFileSync(SHIPPED, 'utf8');
    const profiles = readProfiles(text, SHIPPED);
    assert.match(JSON.parse(text).asOf, /^\d{4}-\d{2}-\d{2}$/);
    for (const [glob, { window = 0, maxOutput = 0 }] of Object.entries(profiles))
      assert.ok(maxOutput > 0 && maxOutput < window, glob);
  });

  it('of a table with mistakes is none: each is told by its place', () => {
    const text = JSON.stringify({ asOf: '2026-01-01', profiles: { m: { window: '1', speed: 2 } } });
    assert.throws(
      () => readProfiles(text, 'models.json'),
      (error) =>
        error instanceof SwarmError &&
        error.problems.length === 2 &&
        error.problems.every(({ why }) => why!.startsWith('profiles.m')),
    );
  });

  it('adds fields, but none that bounds a call, names its model or is its prompt', () => {
    const extra = {
      provider: { order: ['a'] },
      max_tokens: 9,
      generationConfig: { topK: 3, candidateCount: 8 },
    };
    const body = { model: 'm', generationConfig: { seed: 1 }, max_tokens: 5 };
    assert.deepEqual(withExtra(body, extra), {
      model: 'm',
      generationConfig: { seed: 1, topK: 3 },
      max_tokens: 5,
      provider: { order: ['a'] },
    });
  });
});

/** What reaches the server of an agent’s request, by a gateway with this profile. */
async function sent(
  dialect: keyof typeof SPOKEN,
  profile: ModelProfile,
  more: Readonly<Record<string, unknown>> = {},
) {
  const server = await startServer(answering(dialect, 'Hi', { input: 10, cached: 0, written: 0, output: 2 }));
  const endpoints = [{ name: 'e1', baseUrl: server.baseUrl, dialect }];
  const { gateway } = openGateway([server], { endpoints, profiles: [{ 'work-*': profile }] });
  const { socketPath, token } = await gateway.issue(a1, { tokens: 1_000_000 });
  const spoken = SPOKEN[dialect];
  const path = spoken.path(true);
  const reply = await ask(socketPath, token, { ...spoken.question('Do.', true), ...more }, { path });
  assert.equal(reply.status, 200, reply.text);
  return server.seen[0]!.body;
}

describe('an agent’s request', () => {
  it('is bounded by what the model gives, under the name its server knows', async () => {
    const profile = { maxOutput: 500, maxOutputField: 'max_completion_tokens' as const };
    const chat = await sent('chat', profile, { max_tokens: 9_000 });
    assert.deepEqual([chat.max_tokens, chat.max_completion_tokens], [undefined, 500]);
    assert.equal((await sent('messages', { maxOutput: 500 })).max_tokens, 500);
    assert.equal(
      (await sent('responses', { maxOutput: 500 }, { max_output_tokens: 9_000 })).max_output_tokens,
      500,
    );
    assert.equal((await sent('gemini', { maxOutput: 500 })).generationConfig.maxOutputTokens, 500);
    assert.equal((await sent('chat', profile, { max_tokens: 20 })).max_completion_tokens, 20);
  });

  it('says what the profile says where it says nothing itself', async () => {
    const profile = { reasoningEffort: 'low', temperature: 0.5 };
    const chat = await sent('chat', profile);
    assert.deepEqual([chat.reasoning_effort, chat.temperature], ['low', 0.5]);
    const own = await sent('chat', profile, { reasoning_effort: 'high', temperature: 0 });
    assert.deepEqual([own.reasoning_effort, own.temperature], ['high', 0]);
    const responses = await sent('responses', profile, { reasoning: { summary: 'auto' } });
    assert.deepEqual(responses.reasoning, { effort: 'low', summary: 'auto' });
    assert.deepEqual((await sent('messages', profile)).output_config, { effort: 'low' });
    assert.equal((await sent('gemini', profile)).generationConfig.temperature, 0.5);
    assert.deepEqual((await sent('messages', { reasoningEffort: 'none' })).thinking, { type: 'disabled' });
  });

  it('names its conversation or marks its prompt for the cache, as the profile says', async () => {
    assert.equal((await sent('chat', { cache: 'key' })).prompt_cache_key, 'swarm-t1.1');
    assert.equal((await sent('responses', { cache: 'key' })).prompt_cache_key, 'swarm-t1.1');
    const mark = { cache_control: { type: 'ephemeral' } };
    const parts = [{ type: 'text', text: 'Do.', ...mark }];
    assert.deepEqual((await sent('chat', { cache: 'cache_control' })).messages[0].content, parts);
    assert.deepEqual((await sent('messages', { cache: 'cache_control' })).messages[0].content, parts);
    const marked = { messages: [{ role: 'user', content: parts }], cache_control: { type: 'ephemeral' } };
    assert.ok(!JSON.stringify(await sent('messages', { cache: 'none' }, marked)).includes('cache_control'));
    assert.deepEqual((await sent('messages', {}, marked)).messages, marked.messages);
  });

  it('asks for one call an answer, leaves stream_options out, and carries the operator’s fields', async () => {
    const profile = { parallelTools: false, streamOptions: false, extraBody: { provider: { order: ['a'] } } };
    const tool = { type: 'function', function: { name: 'read' } };
    const chat = await sent('chat', profile, { tools: [tool], provider: { order: ['b'] } });
    assert.deepEqual([chat.parallel_tool_calls, chat.stream_options], [false, undefined]);
    assert.deepEqual(chat.provider, { order: ['a'] });
    assert.equal((await sent('chat', profile)).parallel_tool_calls, undefined);
  });
});

describe('a profile’s deadlines', () => {
  const profiles = [{ '*': { firstByteMs: 20 } }];
  it('hold for calls of our own', async () => {
    const server = await startModel(fault.hang);
    const { ask: askModel } = modelOver([server], {
      clock: systemClock,
      profiles,
      maxTries: 1,
      probeTimeoutMs: 20,
    });
    assert.match(JSON.stringify((await askModel()).end), /no answer within 0.02 s/);
  });

  it('hold for agents’', async () => {
    const server = await startServer(fault.hang);
    const retried: string[] = [];
    const { gateway } = openGateway([server], {
      clock: systemClock,
      rng: () => 0,
      profiles,
      probeTimeoutMs: 20,
      onRetry: (_, { why }) => retried.push(why),
    });
    const { socketPath, token } = await gateway.issue(a1, { tokens: 3_000 });
    const reply = await ask(socketPath, token, { ...SPOKEN.chat.question('Do.', true), max_tokens: 1_000 });
    assert.equal(reply.status, 402);
    assert.ok(
      retried.every((why) => why === 'no answer within 0.02 s') && retried.length > 0,
      String(retried),
    );
  });
});

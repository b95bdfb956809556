import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Ask, pointAtGateway } from './set-up.ts';

/** What an agent with these providers is told. */
async function told(providers: readonly object[]): Promise<readonly object[]> {
  const set: object[] = [];
  const ask: Ask = async (method, params, schema) => {
    if (method === 'providers/set') set.push(params);
    return schema.parse({ providers });
  };
  await pointAtGateway(ask, { url: 'http://gateway', token: 'T' });
  return set;
}

test('each provider of an agent is pointed at the gateway in a dialect of its own, with the attempt’s token', async () => {
  const set = await told([
    { providerId: 'main', supported: ['bedrock', 'anthropic'] },
    { providerId: 'openai', supported: ['openai'], current: { apiType: 'openai' } },
    { providerId: 'other', supported: ['vertex'] },
  ]);
  const authorization = 'Bearer T';
  assert.deepEqual(set, [
    // Claude's adapter shows a bearer of its own: the token has to be where that does not hide it.
    {
      providerId: 'main',
      apiType: 'anthropic',
      baseUrl: 'http://gateway',
      headers: { authorization, 'x-api-key': 'T' },
    },
    { providerId: 'openai', apiType: 'openai', baseUrl: 'http://gateway/v1', headers: { authorization } },
  ]);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { modelsAsked } from './gather.ts';

const MODELS = { claude: 'c-1', codex: 'x-1' };

test('the models of a run are those of its roles, of its agent and of whoever stands in for it', () => {
  const agent = { driver: 'claude', fallback: ['codex', 'command', 'pi'], models: MODELS } as const;
  assert.deepEqual(modelsAsked({ models: { default: 'm' }, agent }, false), {
    planner: 'm',
    reconciler: 'm',
    worker: 'c-1',
    'agent.codex': 'x-1',
    'agent.pi': 'm',
  });
});

test('a plan needs no other model than those of its agents, and each of them needs one', () => {
  const agent = { driver: 'claude', fallback: ['codex'], models: MODELS } as const;
  assert.deepEqual(modelsAsked({ models: {}, agent }, true), { worker: 'c-1', 'agent.codex': 'x-1' });
  assert.deepEqual(modelsAsked({ models: {}, agent: { ...agent, fallback: ['pi'] } }, true), {});
  assert.deepEqual(modelsAsked({ models: {}, agent }, false), {});
});

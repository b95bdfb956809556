import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PRESET_NAMES, PRESETS, type PresetName } from '@swarm/agent';
import type { DialectName } from '@swarm/core/model/dialect';
import type { Agents, FoundAgent } from '../agents/found.ts';
import type { Config } from '../config/resolved.ts';
import { agentProblems, agentsOffered } from './agents.ts';

const here = (...names: readonly PresetName[]): Agents => ({
  found: names.map(
    (name): FoundAgent => ({
      name,
      from: 'PATH',
      file: `/opt/${name}`,
      isScript: false,
      shows: [],
      version: undefined,
    }),
  ),
  hidden: [],
});

const config = (
  agent: Config['agent'],
  ...dialects: readonly DialectName[]
): Pick<Config, 'agent' | 'endpoints'> => ({
  agent,
  endpoints: dialects.map((dialect) => ({ name: dialect, baseUrl: 'https://h/v1', weight: 100, dialect })),
});

const told = (...asked: Parameters<typeof agentProblems>): readonly string[] =>
  agentProblems(...asked).map(({ what, fix }) => `${what}: ${fix}`);

test('a run offers the agents that are here and have an endpoint of their dialect', () => {
  assert.deepEqual(agentsOffered(config({ driver: 'builtin' }, 'messages'), here('claude', 'codex')), [
    'claude',
  ]);
  assert.deepEqual(agentsOffered(config({ driver: 'builtin' }), here('claude')), []);
});

test('an agent that is not installed is refused with the command that installs it, wherever it is named', () => {
  for (const asked of [
    [config({ driver: 'claude' }, 'messages'), here(), []],
    [config({ driver: 'builtin', fallback: ['claude'] }, 'messages'), here(), []],
    [config({ driver: 'builtin' }, 'messages'), here(), ['claude', 'claude']],
  ] satisfies Parameters<typeof agentProblems>[])
    assert.deepEqual(told(...asked), [
      'the agent claude is not installed: swarm doctor --fix-agents claude   # installs @anthropic-ai/claude-code 2.1.332 for swarm alone',
    ]);
});

test('an agent whose dialect no endpoint speaks is refused before anything is paid', () => {
  const other: Readonly<Record<DialectName, DialectName>> = {
    chat: 'messages',
    responses: 'chat',
    messages: 'gemini',
    gemini: 'responses',
  };
  for (const name of PRESET_NAMES) {
    const { dialect } = PRESETS[name];
    assert.deepEqual(told(config({ driver: name }, dialect), here(name), []), []);
    assert.deepEqual(told(config({ driver: name }, other[dialect]), here(name), []), [
      `the agent ${name} asks its model in dialect ${dialect}, and no endpoint speaks it: dialect = "${dialect}"   # of one more of [[endpoints]]`,
    ]);
  }
});

test('an agent that lies where a sandbox shows nothing is refused with the reason', () => {
  const hidden: Agents = {
    found: [],
    hidden: [{ name: 'pi', file: '/home/o/.ssh/pi', why: 'keys lie there' }],
  };
  const [problem] = agentProblems(config({ driver: 'pi' }, 'chat'), hidden, []);
  assert.deepEqual([problem?.where, problem?.why], ['/home/o/.ssh/pi', 'keys lie there']);
});

test('without any endpoint that alone is told', () => {
  assert.deepEqual(told(config({ driver: 'pi' }), here('pi'), []), []);
});

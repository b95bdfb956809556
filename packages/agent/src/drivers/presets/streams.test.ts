import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { AgentActivity } from '@swarm/core/ports/running';
import { handClock } from '../../../test/support.ts';
import { hear } from './hearing.ts';
import { PRESET_NAMES, type PresetName } from './preset.ts';
import { PRESETS } from './presets.ts';

const STREAMS = new URL('../../../test/streams/', import.meta.url);

/** What comes of a recorded stream of the version that was tried. */
function heard(name: PresetName, what: 'edit' | 'quota') {
  const file = new URL(`${name}-${PRESETS[name].npm.version}-${what}.ndjson`, STREAMS);
  const activities: AgentActivity[] = [];
  const hearing = hear(PRESETS[name], { onActivity: (a) => activities.push(a) }, handClock());
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  assert.ok(lines.map((line) => hearing.onLine(line)).every((heard) => heard !== undefined));
  return { hearing, activities };
}

const TOOLS: Readonly<Record<PresetName, string>> = {
  claude: 'Bash',
  codex: 'shell',
  gemini: 'run_shell_command',
  opencode: 'bash',
  qwen: 'run_shell_command',
  copilot: 'bash',
  pi: 'bash',
};
/** It calls a tool well run whose command failed. */
const ALWAYS_OK: readonly PresetName[] = ['gemini'];

for (const name of PRESET_NAMES) {
  test(`of ${name} its words, its call with its result, and its good end are read`, () => {
    const { hearing, activities } = heard(name, 'edit');
    assert.deepEqual(
      activities.map((a) => (a.kind === 'tool' ? `${a.tool} ${a.ok}` : a.kind === 'cut' ? a.kind : a.detail)),
      ['I write it.', `${TOOLS[name]} ${ALWAYS_OK.includes(name)}`, 'Done: wrote done.txt.'],
    );
    assert.deepEqual(
      [hearing.calls(), hearing.lastText(), hearing.failure()],
      [1, 'Done: wrote done.txt.', undefined],
    );
  });

  test(`of ${name} it is read that its model’s server refused, and why`, () => {
    const { hearing } = heard(name, 'quota');
    assert.match(hearing.failure() ?? '', /scripted failure 402/);
    assert.equal(hearing.calls(), 0);
  });
}

test('what a call was is told with its result, and how long it took', () => {
  const clock = handClock();
  const activities: AgentActivity[] = [];
  const hearing = hear(PRESETS.claude, { onActivity: (a) => activities.push(a) }, clock);
  const block = (role: string, content: object) =>
    hearing.onLine(JSON.stringify({ type: role, message: { content: [content] } }));
  block('assistant', { type: 'tool_use', id: 'a', name: 'Bash', input: { command: 'ls' } });
  clock.move(40);
  block('user', { type: 'tool_result', tool_use_id: 'a', content: [{ type: 'text', text: 'a.txt\nb.txt' }] });
  assert.deepEqual(activities, [
    { kind: 'tool', tool: 'Bash', detail: '{"command":"ls"} → a.txt b.txt', ok: true, durationMs: 40 },
  ]);
});

test('a line that is no event of any shape says nothing, whatever it holds', () => {
  const lines = [
    'x',
    '{',
    'null',
    '[]',
    '{}',
    ...['assistant', 'user', 'result', 'item.completed', 'message_end', 'tool_use', 'error', 'text'].flatMap(
      (type) =>
        [null, 1, [], [null], { content: 3, message: [], data: 'x', part: [1] }].map((value) =>
          JSON.stringify({ type, message: value, item: value, part: value, data: value, error: value }),
        ),
    ),
  ];
  for (const name of PRESET_NAMES) {
    const hearing = hear(PRESETS[name], { onActivity: () => {} }, handClock());
    for (const line of lines) hearing.onLine(line);
    assert.equal(hearing.lastText(), '');
  }
});

test('an agent that goes on after a failure and ends well has not failed', () => {
  const hearing = hear(PRESETS.codex, { onActivity: () => {} }, handClock());
  hearing.onLine('{"type":"turn.failed","error":{"message":"busy"}}');
  assert.equal(hearing.failure(), 'busy');
  hearing.onLine('{"type":"turn.completed"}');
  assert.equal(hearing.failure(), undefined);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HANDOFF_LIST_MAX, HANDOFF_TEXT_MAX } from '@swarm/core/model/handoff';
import { NO_USAGE } from '@swarm/core/model/usage';
import { type AgentEvent, EVENT_LINE_MAX_BYTES, formatAgentEvent, parseAgentEvent } from './agent-events.ts';

const ended = (fill: string): AgentEvent => {
  const text = fill.repeat(HANDOFF_TEXT_MAX);
  const list = Array.from({ length: HANDOFF_LIST_MAX }, () => text);
  const claim = { status: 'partial' as const, summary: text, concerns: list, suggestions: list };
  return { type: 'ended', reason: 'handed-in', detail: text, claim, usage: NO_USAGE, steps: 1, toolCalls: 2 };
};

test('an event is one line and reads back as it was', () => {
  const event: AgentEvent = {
    type: 'tool.ended',
    step: 1,
    tool: 'bash',
    ok: true,
    durationMs: 3,
    output: 'a\nb',
  };
  const line = formatAgentEvent(event);
  assert.doesNotMatch(line, /\n/);
  assert.deepEqual(parseAgentEvent(line), event);
});

for (const [what, fill] of [
  ['plain letters', 'x'],
  ['control characters', '\u0001'],
  ['letters of three bytes', '€'],
] as const) {
  test(`the largest handoff fits one line, even of ${what}`, () => {
    const line = formatAgentEvent(ended(fill));
    assert.ok(Buffer.byteLength(line) <= EVENT_LINE_MAX_BYTES);
    const event = parseAgentEvent(line);
    assert.ok(event?.type === 'ended' && event.claim?.concerns.length === HANDOFF_LIST_MAX);
  });
}

for (const line of [
  '',
  'hello',
  '{"type":"ended"',
  '{"type":"invented"}',
  '{"type":"asked","step":-1,"messages":1,"chars":1}',
  `{"type":"started","model":"${'m'.repeat(EVENT_LINE_MAX_BYTES)}","tools":[]}`,
  formatAgentEvent(ended('x')).replace('"partial"', '"perfect"'),
]) {
  test(`what is no event is none: ${line.slice(0, 40)}`, () => {
    assert.equal(parseAgentEvent(line), undefined);
  });
}

/** What happened has a sentence, and whoever works on hears it; what a prompt names is there. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { Event } from '@swarm/core/events';
import { ENDINGS, type EndingReason } from '@swarm/core/model/attempt';
import type { TaskId } from '@swarm/core/model/ids';
import { REJECTIONS, type RejectionReason } from '@swarm/core/model/landing';
import { opened } from '@swarm/core/state';
import {
  acceptedTask,
  endedAttempt,
  failedTask,
  handedIn,
  openedRun,
  rejected,
  running,
  stateOf,
} from '@swarm/core/testing';
import { planSections } from '../planning/plan-context.ts';
import { Told } from '../planning/sections.ts';
import { BLOCK_NAMES } from './blocks.ts';
import { earlierAttempts } from './earlier.ts';

const NOTHING = { environment: '', instructions: '', repository: '' };
const stateWith = (events: readonly Event[]) =>
  opened(stateOf([openedRun({ mode: 'planner' }), acceptedTask('t1'), ...events]));
const plannerHears = (events: readonly Event[]): string =>
  new Told().tell(planSections(stateWith(events), NOTHING));
const nextAttemptHears = (events: readonly Event[]): string => {
  const state = stateWith(events);
  return earlierAttempts(state, state.tasks.get('t1' as TaskId)!);
};

const endings = (Object.keys(ENDINGS) as EndingReason[]).filter((reason) => !('delivers' in ENDINGS[reason]));
const ended = (reason: EndingReason): readonly Event[] => [
  ...running('t1.1'),
  { ...endedAttempt('t1.1', reason), detail: `WHY ${reason}` } as Event,
];

test('every ending of an attempt has a sentence, and the next attempt hears it with its reason', () => {
  for (const reason of endings.filter((name) => ENDINGS[name].retries)) {
    const text = nextAttemptHears(ended(reason));
    assert.ok(text.includes(`Attempt t1.1 ${ENDINGS[reason].means}.`), `${reason}: ${text}`);
    assert.ok(text.includes(`WHY ${reason}`), `${reason}: ${text}`);
  }
});

test('every ending that nobody tries again is told to the planner with its reason', () => {
  for (const reason of endings.filter((name) => !ENDINGS[name].retries)) {
    const failed = { ...failedTask('t1', 'blocked'), detail: `WHY ${reason}` } as Event;
    assert.match(plannerHears([...ended(reason), failed]), new RegExp(`why \\(blocked\\): WHY ${reason}`));
  }
});

test('every rejection has a sentence, and the next attempt and the planner hear it with reason and files', () => {
  for (const reason of Object.keys(REJECTIONS) as RejectionReason[]) {
    const why = { reason, detail: `WHY ${reason}`, files: ['src/x.ts'] };
    const events = [...handedIn('t1.1'), { ...rejected('t1.1', 'conflict'), ...why } as Event];
    const { means } = REJECTIONS[reason];
    for (const text of [nextAttemptHears(events), plannerHears(events)])
      for (const words of [means, `WHY ${reason}`, 'src/x.ts'])
        assert.ok(text.includes(words), `${words}\n${text}`);
  }
});

test('every block that a prompt speaks of is one that swarm opens', () => {
  const folder = new URL('../../../../prompts/', import.meta.url);
  for (const file of readdirSync(folder).filter((name) => name !== 'README.md')) {
    const named = readFileSync(new URL(file, folder), 'utf8').matchAll(/`<([a-z_]+)>`/g);
    for (const [, name] of named)
      assert.ok((BLOCK_NAMES as readonly string[]).includes(name!), `${name} in ${file}`);
  }
});

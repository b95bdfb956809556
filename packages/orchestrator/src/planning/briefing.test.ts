import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { Event } from '@swarm/core/events';
import { fold } from '@swarm/core/fold';
import type { Label, TaskId } from '@swarm/core/model/ids';
import { NO_USAGE } from '@swarm/core/model/usage';
import type { TreeFile } from '@swarm/core/ports/git';
import type { ChatMessage } from '@swarm/core/ports/models';
import { acceptedTask, commit, entry, landedTask, openedRun } from '@swarm/core/testing';
import { givenWorld } from '../testing.ts';
import { Briefing } from './briefing.ts';
import { PLANNER_TOOLS } from './planner-tools.ts';

const ITERATIONS = 20;
const TASKS = 3;
const PROMPT = readFileSync(new URL('../../../../prompts/planner.md', import.meta.url), 'utf8');

/** Words of about so many characters, told apart by `about`. */
const words = (about: string, chars: number): string =>
  `${about} `.padEnd(chars, 'It keeps its signature, its errors and its tests; the edges are in the docs. ');

const prompts = {
  render: (_: unknown, values: Readonly<Record<string, string>>) => {
    const [rules = '', user = ''] = PROMPT.replace(/^---[\s\S]*?---\n/, '').split('<!-- user -->\n');
    const text = user.replaceAll(/\{\{ (\w+) \}\}/g, (_hole, name: string) => values[name]!);
    return { system: rules, text, hash: 'h' };
  },
  hash: () => 'h',
};

function treeOf(count: number): readonly TreeFile[] {
  return Array.from({ length: count }, (_, i) => ({
    path: `lib/area${i % 25}/part${Math.floor(i / 25) % 10}/module${i}.js`,
    kind: 'file' as const,
    bytes: 40,
  }));
}

const scratchpad = (n: number): string =>
  [
    `## Goals and specs\n${words('All modules get a limit.', 1_200)}`,
    `## Current state\n${words(`Iteration ${n}. Modules done so far.`, 900)}`,
    `## Reasoning for this batch\n${words(`Batch ${n}.`, 500)}`,
    `## Worker intelligence\n${words('The tests are slow; the index is hot.', 600)}`,
  ].join('\n');

const handoff = (task: string) => ({
  status: 'complete' as const,
  summary: words(`Added a limit in ${task}.`, 400),
  concerns: [words('The index is hot.', 150), words('Naming.', 150)],
  suggestions: [words('Split the index.', 150), words('Add docs.', 150)],
});

/** What one iteration files, hands in and lands. */
function eventsOf(n: number, at: { before: string | undefined }): readonly Event[] {
  const ids = Array.from({ length: TASKS }, (_, i) => `t${(n - 1) * TASKS + i + 1}` as TaskId);
  const accepted = ids.map((id, i): Event => {
    const label = `m${n}-${i + 1}`;
    const title = `Give module ${n}-${i + 1} a limit`;
    const scope = [`src/x${n}_${i + 1}.js`, `test/x${n}_${i + 1}.test.js`];
    const event = acceptedTask(id, { title, scope });
    return { ...event, source: { by: 'planner', label: label as Label, iteration: n } } as Event;
  });
  const landed = ids.flatMap((id) => {
    const parent = at.before;
    at.before = `landed ${id}.1`;
    return landedTask(id, `l${id.slice(1)}`, parent === undefined ? undefined : commit(parent)).map((e) =>
      e.type === 'attempt.ended' ? ({ ...e, handoff: { ...e.handoff!, ...handoff(id) } } as Event) : e,
    );
  });
  const wrote: Event = { type: 'scratchpad.written', iteration: n, text: scratchpad(n) };
  return [...accepted, wrote, ...landed];
}

/** As a server gets it: tools first, then message after message. */
const sentText = (messages: readonly ChatMessage[]): string =>
  [JSON.stringify(PLANNER_TOOLS), ...messages.map((m) => `${m.role}\n${m.content}`)].join('\n\0\n');

function common(a: string, b: string): number {
  let n = 0;
  while (n < a.length && a[n] === b[n]) n++;
  return n;
}

const fresh = (world: ReturnType<typeof givenWorld>) => new Briefing(world.context);

const planned = (files: number) =>
  givenWorld([openedRun({ mode: 'planner' })], {
    prompts,
    reader: {
      files: async () => treeOf(files),
      read: async () => undefined,
      list: async () => [],
      log: async () => Array.from({ length: 20 }, (_, i) => `abcdef${i} 2026-11-21 Ann: Change number ${i}`),
      changes: async () => new Map(),
    },
  });

/** What twenty follow-ups send, and what a whole new prompt in the place of each would. */
async function measured(files: number) {
  const world = planned(files);
  Object.assign(world.context.settings, { plannerContextChars: 350_000 });
  const briefing = fresh(world);
  await briefing.tell(1);
  const sums = { added: 0, naive: 0, cost: 0, naiveCost: 0 };
  const at = { before: undefined as string | undefined };
  let sent = sentText(briefing.messages);
  const head = sent.indexOf('</repository>');
  for (let n = 1; n <= ITERATIONS; n++) {
    for (const event of eventsOf(n, at)) fold(world.state, entry(world.state.seq + 1, [event]));
    briefing.end('planned', '');
    await briefing.tell(n + 1);
    const now = sentText(briefing.messages);
    const whole = fresh(world);
    await whole.tell(n + 1);
    const naive = sentText(whole.messages).length;
    const kept = common(sent, now);
    sums.added += now.length - kept;
    sums.naive += naive;
    sums.cost += 0.1 * kept + now.length - kept;
    sums.naiveCost += 0.1 * head + naive - head;
    world.state.planning.news.splice(0);
    sent = now;
  }
  return sums;
}

describe('the follow-ups of twenty iterations', () => {
  for (const files of [60, 5_000])
    it(`send no more than 15 % of whole prompts as new text, and cost less than those with a kept beginning (${files} files)`, async () => {
      const { added, naive, cost, naiveCost } = await measured(files);
      const share = added / naive;
      assert.ok(share <= 0.15, `${(100 * share).toFixed(1)} % of ${naive} characters`);
      assert.ok(cost <= naiveCost, `${Math.round(cost)} of ${Math.round(naiveCost)}`);
    });
});

describe('a planner whose answer filed nothing that is new', () => {
  const asked = async (...events: readonly Event[]): Promise<string> => {
    const world = planned(1);
    const briefing = fresh(world);
    await briefing.tell(1);
    fold(world.state, entry(world.state.seq + 1, events));
    briefing.end('planned', '');
    await briefing.tell(2);
    return briefing.messages.at(-1)!.content!;
  };
  const reserved = { tokens: 0, usd: 0 };
  const first = { reason: 'first', promptHash: 'h', model: 'm', reserved } as const;
  const started: Event = { type: 'iteration.started', iteration: 1, ...first };
  const over = { type: 'iteration.ended', iteration: 1, detail: '', isDone: false, usage: NO_USAGE } as const;
  const ended: Event = { ...over, outcome: 'planned' };

  it('is told so, while nothing is under way', async () => {
    assert.match(
      await asked(started, ended),
      /filed nothing new: a task that is sent again is left as it is/,
    );
  });

  it('is not told so, where a task of it was refused: that is told instead', async () => {
    const refused: Event = { type: 'task.refused', label: 'a', problem: 'no', iteration: 1 };
    assert.doesNotMatch(await asked(started, refused, ended), /filed nothing new/);
  });
});

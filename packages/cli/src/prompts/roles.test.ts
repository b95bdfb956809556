/** What a prompt says of tools and answers holds for the role that reads it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { toolSpecs } from '@swarm/agent';
import { HANDOFF_STATUSES } from '@swarm/core/model/handoff';
import { PlanScanner } from '@swarm/core/rules/json-scanner';
import { readRequirement } from '@swarm/core/rules/requirement-format';
import { readDraft } from '@swarm/core/rules/task-format';
import { PLANNER_TOOLS } from '@swarm/orchestrator';

const textOf = (name: string): string =>
  readFileSync(new URL(`../../../../prompts/${name}.md`, import.meta.url), 'utf8');
const names = (specs: readonly { readonly name: string }[]): readonly string[] => specs.map((s) => s.name);

const ROLES = {
  planner: names(PLANNER_TOOLS),
  reconciler: names(PLANNER_TOOLS),
  worker: names(toolSpecs()),
  conflict: names(toolSpecs()),
};
/** Every name that is a tool's, whoever has it. */
const ANY = new Set([...names(PLANNER_TOOLS), ...names(toolSpecs())]);

test('every tool that a prompt names is in the list of the role that reads it', () => {
  for (const [name, own] of Object.entries(ROLES)) {
    const named = [...textOf(name).matchAll(/`([a-z_]+)`/g)].map(([, word]) => word!);
    for (const word of named) assert.ok(!ANY.has(word) || own.includes(word), `${word} in ${name}.md`);
  }
});

test('planner and reconciler are told of each tool they have', () => {
  for (const name of ['planner', 'reconciler'])
    for (const tool of names(PLANNER_TOOLS))
      assert.ok(textOf(name).includes(`\`${tool}\``), `${tool} in ${name}.md`);
});

test('a worker is told of each status it may hand in', () => {
  for (const status of HANDOFF_STATUSES) assert.ok(textOf('worker').includes(`\`${status}\``), status);
});

test('the answers a prompt shows as examples are read whole, each task and each requirement', () => {
  const shown = ['planner', 'reconciler'].flatMap((name) =>
    [...textOf(name).matchAll(/^```\n([\s\S]*?)^```$/gm)].map(([, text]) => text!),
  );
  assert.equal(shown.length, 4);
  for (const text of shown) {
    const scanner = new PlanScanner();
    const pieces = scanner.push(text);
    const { pieces: last, outcome } = scanner.end();
    assert.equal(outcome, 'whole', text);
    for (const piece of [...pieces, ...last]) {
      assert.notEqual(piece.kind, 'broken', text);
      if (piece.kind === 'task') {
        const { signatures, ...task } = piece.value as { signatures?: readonly string[] };
        assert.deepEqual([readDraft(task).ok, signatures?.length !== 0], [true, true], text);
      }
      if (piece.kind === 'requirements')
        for (const value of piece.values) assert.ok(readRequirement(value).ok, text);
    }
  }
});

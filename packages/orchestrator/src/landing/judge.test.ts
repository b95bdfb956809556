import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SwarmError } from '@swarm/core/errors';
import type { Landing } from '@swarm/core/model/landing';
import { acceptedTask, aGateResult, commit, landedTask, openedRun } from '@swarm/core/testing';
import { givenWorld } from '../testing.ts';
import { protectedIn, weighed } from './judge.ts';

const manifest = (command: string): string => JSON.stringify({ scripts: { test: command } });
const CANDIDATE = { parent: commit('base'), commit: commit('landed t1.1') };

/** A change of these files; of the last named one the base has another text. */
function given(
  files: readonly string[],
  texts: { readonly before: string; readonly after: string },
  isTooLarge = false,
) {
  const events = [openedRun({ gate: 'npm test' }), acceptedTask('t1'), ...landedTask('t1', 'l1')].map((e) =>
    e.type === 'attempt.ended'
      ? { ...e, handoff: { ...e.handoff!, change: { ...e.handoff!.change!, filesChanged: files } } }
      : e,
  );
  const world = givenWorld(events, {
    reader: {
      read: async (of, path) => {
        if (path !== files.at(-1)) return '{}';
        if (isTooLarge) throw new SwarmError({ code: 'SW0702', what: 'it is too large' });
        return of === CANDIDATE.parent ? texts.before : texts.after;
      },
    },
  });
  const task = world.state.tasks.get('t1' as never)!;
  const landing = [...world.state.landings.values()][0] as Landing;
  return {
    held: () => protectedIn(world.context, task, CANDIDATE, files),
    weighed: () => weighed(world.context, aGateResult('passed'), landing),
  };
}

const decoys = (n: number, name: string) => Array.from({ length: n }, (_, i) => `a${i}/${name}`);
const SCRIPTS = { before: manifest('node --test'), after: manifest('exit 0') };

test('a script the gate runs is held whatever else the change touches before it', async () => {
  for (const n of [0, 10, 199]) {
    const held = await given([...decoys(n, 'package.json'), 'z/package.json'], SCRIPTS).held();
    assert.deepEqual([held?.reason, held?.files], ['protected', ['z/package.json']], `${n} before it`);
  }
});

test('more manifests than are looked through are held, and the one too many is named', async () => {
  const held = await given([...decoys(200, 'package.json'), 'z/package.json'], SCRIPTS).held();
  assert.equal(held?.reason, 'protected');
  assert.match(held!.detail, /z\/package\.json \(it is not looked through/);
});

test('a manifest that cannot be read is held, and ends nothing else', async () => {
  const held = await given(['package.json'], SCRIPTS, true).held();
  assert.deepEqual([held?.reason, held?.files], ['protected', ['package.json']]);
});

const SKIPS = { before: "test('a', () => {});", after: "test.skip('a', () => {});" };

test('where no tests are counted, more test files than are looked through weaken a change', async () => {
  const few = await given([...decoys(10, 'a.test.js'), 'z.test.js'], SKIPS).weighed();
  assert.match(few.output, /marks that skip tests in z\.test\.js/);
  const many = await given([...decoys(200, 'a.test.js'), 'z.test.js'], SKIPS).weighed();
  assert.equal(many.outcome, 'weakened');
  assert.match(many.output, /of the 201 test files it changes 1 are not looked through/);
  const large = await given(['z.test.js'], SKIPS, true).weighed();
  assert.equal(large.outcome, 'weakened');
});

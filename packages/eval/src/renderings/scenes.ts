/** Three runs in which everything is told that a planner or a worker can be told. */
import type { Ask, Reply } from '../server/habit.ts';
import { bash, type Kept, lastOf, type Scene, submit, userOf, write } from './scene.ts';

const FILES = {
  'AGENTS.md': 'Prices are whole cents. Tests stand beside what they test.\n',
  'README.md': '# shop\n\nA small shop. `sh check.sh` looks at everything.\n',
  'package.json': '{"name":"shop","scripts":{"check":"sh check.sh"}}\n',
  'src/cart.txt': 'cart\n',
  'check.sh': 'test ! -f bad.txt || { echo "bad.txt is here: every price in it is a fraction"; exit 1; }\n',
};
const GATE = ['--gate', 'sh check.sh', '--setup', 'none'];

const taskOf = (name: string, more: object = {}) => ({
  id: name,
  title: `Add ${name}`,
  description: `Write src/${name}.txt with the word ${name}.`,
  scope: [`src/${name}.txt`],
  acceptance: 'The file is there.',
  priority: 2,
  ...more,
});
const pathOf = ({ title }: Ask): string => `src/${title.replace('Add ', '')}.txt`;

/** Writes, and hands in. */
const work = (ask: Ask): Reply =>
  ask.turn === 0
    ? write(pathOf(ask), `${ask.title.replace('Add ', '')}\n`)
    : submit('complete', `${pathOf(ask)} is there.`, ['Its name may be too short.']);

// ───────────── a planner's iterations ─────────────

const STEPS = ['axle', 'bell', 'chain', 'drum', 'eyelet'] as const;

/** One task each time it is asked for news. */
const planning: Scene = {
  files: FILES,
  args: () => ['run', 'Build a bicycle, part by part', '--workers', '1', ...GATE],
  brain: () => {
    let asked = 0;
    return (ask) => {
      if (ask.kind === 'probe') return { text: 'pong' };
      if (ask.kind === 'worker') return work(ask);
      const name = STEPS[asked++];
      const tasks = name ? [taskOf(name)] : [];
      const scratchpad = `## Goals and specs\nA bicycle of ${STEPS.length} parts.\n## Current state\n${asked - 1} parts planned before.`;
      return { text: JSON.stringify({ tasks, scratchpad, done: name === undefined }) };
    };
  },
  keeps: [1, 2, 5].map((n) => ({
    name: `planner-iteration-${n}`,
    title: `What a planner is told in iteration ${n}`,
    is: (ask: Ask, asks: readonly Ask[]) =>
      ask.kind === 'planner' && asks.filter(({ kind }) => kind === 'planner').length === n,
  })),
};

// ───────────── a worker's attempts, rounds and room ─────────────

const inTask =
  (title: string, isIt: (ask: Ask) => boolean): Kept['is'] =>
  (ask) =>
    ask.title === title && isIt(ask);
const isAttempt = (n: number) => (ask: Ask) => userOf(ask).includes(`This is attempt ${n} of`);

/** Fails, hands in what the check refuses, and gets there. */
function thirdTimeLucky(ask: Ask): Reply {
  if (isAttempt(1)(ask)) return submit('failed', 'The word is nowhere defined.', ['Is it a noun?']);
  if (isAttempt(2)(ask))
    return ask.turn === 0 ? write('src/lamp.txt', 'light\n') : submit('complete', 'A lamp gives light.');
  return ask.turn === 0 ? write('src/lamp.txt', 'lamp\n') : submit('complete', 'The word is lamp.');
}

/** Hands in what the gate refuses, reads why, and puts it right. */
function mended(ask: Ask): Reply {
  if (ask.turn === 0) return bash('echo mirror > src/mirror.txt; echo 0.5 > bad.txt');
  if (lastOf(ask).includes('bad.txt is here')) return bash('rm bad.txt');
  return submit('complete', 'src/mirror.txt is there.');
}

/** Looks at much, until it has to be made shorter. */
function curious(ask: Ask): Reply {
  const looks = ask.body.messages.filter(({ role }) => role === 'assistant').length;
  if (looks === 0) return write('src/nut.txt', 'nut\n');
  return looks < 18 ? bash(`seq ${looks}0000 ${looks}0700`) : submit('complete', 'src/nut.txt is there.');
}

const WORKERS: Readonly<Record<string, (ask: Ask) => Reply>> = {
  'Add lamp': thirdTimeLucky,
  'Add mirror': mended,
  'Add nut': curious,
};

const isShorter: Kept['is'] = (ask, asks) => {
  const before = asks.filter(({ title }) => title === ask.title).at(-2);
  return ask.title === 'Add nut' && before !== undefined && ask.raw.length < before.raw.length;
};

const attempts: Scene = {
  files: FILES,
  args: (world) =>
    plan(
      world,
      [
        taskOf('lamp', { verify: 'grep -qx lamp src/lamp.txt' }),
        taskOf('mirror', { dependsOn: ['lamp'] }),
        taskOf('nut', { dependsOn: ['mirror'] }),
      ],
      '1',
    ),
  config: '[workers]\nattempts = 3\n[models.profiles."test-model"]\nwindow = 24000\n',
  brain: () => (ask) => (ask.kind === 'worker' ? WORKERS[ask.title]!(ask) : { text: 'pong' }),
  keeps: [
    ...[1, 2, 3].map((n) => ({
      name: `worker-attempt-${n}`,
      title: `What a worker is told at the beginning of attempt ${n}`,
      is: inTask('Add lamp', isAttempt(n)),
    })),
    {
      name: 'worker-after-a-failed-gate',
      title: 'What a worker is told after the gate failed on what it handed in',
      is: inTask('Add mirror', (ask) => lastOf(ask).includes('bad.txt is here')),
    },
    {
      name: 'worker-after-a-compaction',
      title: 'What is left of a worker’s conversation after it was made shorter',
      is: isShorter,
    },
  ],
};

type Planned = Parameters<Scene['args']>[0];
async function plan(world: Planned, tasks: readonly object[], workers: string): Promise<readonly string[]> {
  await world.commit({ '../plan.json': JSON.stringify(tasks) }, 'Nothing');
  return ['run', '--plan', '../plan.json', '--workers', workers, ...GATE];
}

// ───────────── a conflict ─────────────

const conflict: Scene = {
  files: FILES,
  args: (world) =>
    plan(
      world,
      ['red', 'blue'].map((name) => ({
        ...taskOf(name),
        description: `Add the line ${name} to the end of src/cart.txt.`,
        scope: ['src/cart.txt'],
      })),
      '2',
    ),
  config: '[scope]\noverlap = "off"\n',
  brain: (world) => {
    const begun = new Set<string>();
    return async (ask) => {
      if (ask.kind !== 'worker') return { text: 'pong' };
      begun.add(ask.title);
      const name = ask.title.replace('Add ', '');
      if (userOf(ask).includes('<conflict>'))
        return ask.turn === 0
          ? write('src/cart.txt', 'cart\nred\nblue\n')
          : submit('complete', 'Both lines stand.');
      if (ask.turn === 0) return bash(`echo ${name} >> src/cart.txt`);
      await world.until(() => begun.size === 2);
      if (name === 'blue') await hasLanded(world, 'Add red');
      return submit('complete', `The line ${name} is there.`);
    };
  },
  keeps: [
    {
      name: 'worker-after-a-conflict',
      title: 'What a worker is told when its work conflicts with what landed',
      is: (ask) => userOf(ask).includes('<conflict>'),
    },
  ],
};

async function hasLanded(world: Planned, subject: string): Promise<void> {
  const looks = 600;
  for (let n = 0; n < looks; n++) {
    const log = await world.git('log', '--all', '--format=%s').catch(() => '');
    if (log.split('\n').includes(subject)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${subject} has not landed`);
}

export const SCENES: readonly Scene[] = [planning, attempts, conflict];

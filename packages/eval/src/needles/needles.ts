/**
 * Facts that are planted where they come up once, in a tool's output, a handoff or a failure, and looked for in every
 * later prompt of whoever needs them. One run of the real program has them all.
 */
import { bash, lastOf, submit, userOf, write } from '../renderings/scene.ts';
import type { Ask, Reply } from '../server/habit.ts';
import { played } from '../world.ts';

export interface Needle {
  readonly text: string;
  /** What it stands for. */
  readonly fact: string;
  /** Every prompt of whoever needs it. */
  readonly isNeeded?: (ask: Ask) => boolean;
  /** Or the calls in whose answers it comes up: the planner is told of it once afterwards, and keeps it as it likes. */
  readonly cameUp?: (ask: Ask) => boolean;
}

export interface Found {
  readonly needle: Needle;
  readonly needed: number;
  readonly stands: number;
}

const FILES = {
  'AGENTS.md': 'NEEDLE-RULES: prices are whole cents.\n',
  'src/AGENTS.md': 'NEEDLE-NEAR: one word a file.\n',
  'README.md': '# shop\n',
  'notes.txt': 'NEEDLE-NOTES: the order is by weight.\n',
  'src/cart.txt': 'cart\n',
  'check.sh': 'test ! -f bad.txt || { cat bad.txt; exit 1; }\n',
};
const ARGS = [
  'run',
  'Fill the shop. NEEDLE-REQUEST',
  '--workers',
  '1',
  '--gate',
  'sh check.sh',
  '--setup',
  'none',
];

const taskOf = (name: string, more: object = {}) => ({
  id: name,
  title: `Add ${name}`,
  description: `Write src/${name}.txt.`,
  scope: [`src/${name}.txt`],
  acceptance: 'The file is there.',
  priority: 2,
  ...more,
});
const TASKS = [
  taskOf('lamp', { verify: 'grep -qx lamp src/lamp.txt || { cat src/lamp.txt; exit 1; }' }),
  taskOf('mirror', { dependsOn: ['lamp'] }),
  taskOf('nut', { dependsOn: ['mirror'] }),
  taskOf('oak', { dependsOn: ['mirror'] }),
  { ...taskOf('pin'), id: 'NEEDLE-PIN', scope: ['../pin.txt'] },
];

const isAttempt = (ask: Ask, n: number): boolean => userOf(ask).includes(`This is attempt ${n} of`);
const isWorker = (title: string, n?: number) => (ask: Ask) =>
  ask.title === `Add ${title}` && (n === undefined || isAttempt(ask, n));
const isPlanner = (ask: Ask): boolean => ask.kind === 'planner';
const isPlan = (ask: Ask): boolean => isPlanner(ask) && ask.raw.includes('NEEDLE-NOTES');

function lamp(ask: Ask): Reply {
  if (isAttempt(ask, 1)) {
    const said = submit('failed', 'NEEDLE-FAILED: the word is nowhere defined.', ['NEEDLE-CONCERN']);
    const [call] = said.calls!;
    return { calls: [{ ...call!, arguments: { ...call!.arguments, suggestions: ['NEEDLE-SUGGESTION'] } }] };
  }
  if (isAttempt(ask, 2))
    return ask.turn === 0
      ? write('src/lamp.txt', 'NEEDLE-VERIFY: light\n')
      : submit('complete', 'NEEDLE-SECOND: a lamp gives light.');
  return ask.turn === 0
    ? write('src/lamp.txt', 'lamp\n')
    : submit('complete', 'NEEDLE-UPSTREAM: the word is lamp.');
}

function mirror(ask: Ask): Reply {
  const make = 'seq 1 3000; echo NEEDLE-TAIL; echo mirror > src/mirror.txt; echo NEEDLE-GATE > bad.txt';
  if (ask.turn === 0) return bash(`echo NEEDLE-HEAD; ${make}`);
  if (lastOf(ask).includes('not accepted yet')) return bash('rm bad.txt');
  return submit('complete', 'NEEDLE-HANDOFF: it shines.', ['NEEDLE-WORRY']);
}

const WORK: Readonly<Record<string, (ask: Ask) => Reply>> = {
  'Add lamp': lamp,
  'Add mirror': mirror,
  'Add nut': () => submit('blocked', 'NEEDLE-BLOCKED: no nut fits.', ['NEEDLE-WHY']),
  'Add oak': () => submit('failed', 'NEEDLE-FOR-GOOD: no tree grows here.'),
};

function plans() {
  let answers = 0;
  return (ask: Ask): Reply => {
    if (!ask.raw.includes('NEEDLE-NOTES'))
      return { calls: [{ name: 'read', arguments: { path: 'notes.txt' } }] };
    const tasks = answers++ === 0 ? TASKS : [];
    return { text: JSON.stringify({ tasks, scratchpad: 'NEEDLE-SCRATCH: a shop.', done: answers > 1 }) };
  };
}

/** After the handoff, the round or the attempt in which it came up. */
export const NEEDLES: readonly Needle[] = [
  { text: 'NEEDLE-REQUEST', fact: 'the request', isNeeded: isPlanner },
  { text: 'NEEDLE-RULES', fact: 'the project’s rules, for the planner', isNeeded: isPlanner },
  {
    text: 'NEEDLE-RULES',
    fact: 'the project’s rules, for a worker',
    isNeeded: (ask) => ask.kind === 'worker',
  },
  { text: 'NEEDLE-NEAR', fact: 'rules of the folder in scope', isNeeded: (ask) => ask.kind === 'worker' },
  {
    text: 'NEEDLE-NOTES',
    fact: 'what the planner read, while it plans',
    isNeeded: (ask) => isPlanner(ask) && ask.body.messages.at(-1)!.role === 'tool',
  },
  { text: 'NEEDLE-SCRATCH', fact: 'the scratchpad', cameUp: isPlan },
  { text: 'NEEDLE-PIN was refused: ', fact: 'that a task was refused, and why', cameUp: isPlan },
  { text: 'NEEDLE-FAILED', fact: 'a failed attempt’s summary, for the next', isNeeded: isWorker('lamp', 2) },
  { text: 'NEEDLE-CONCERN', fact: 'its concern', isNeeded: isWorker('lamp', 2) },
  { text: 'NEEDLE-SUGGESTION', fact: 'its suggestion', isNeeded: isWorker('lamp', 2) },
  {
    text: 'NEEDLE-FAILED',
    fact: 'the first attempt’s summary, for the third',
    isNeeded: isWorker('lamp', 3),
  },
  { text: 'NEEDLE-SECOND', fact: 'the second’s, for the third', isNeeded: isWorker('lamp', 3) },
  {
    text: 'NEEDLE-VERIFY',
    fact: 'what verification printed, in the same conversation',
    isNeeded: (ask) => isWorker('lamp', 2)(ask) && lastOf(ask).includes('not accepted yet'),
  },
  {
    text: 'NEEDLE-VERIFY',
    fact: 'what verification printed, for the next attempt',
    isNeeded: isWorker('lamp', 3),
  },
  {
    text: 'NEEDLE-GATE',
    fact: 'what the gate printed',
    isNeeded: (ask) => isWorker('mirror')(ask) && lastOf(ask).includes('not accepted yet'),
  },
  { text: 'NEEDLE-UPSTREAM', fact: 'a dependency’s handoff', isNeeded: isWorker('mirror') },
  {
    text: 'NEEDLE-HEAD',
    fact: 'the beginning of a long output',
    isNeeded: (ask) => isWorker('mirror')(ask) && ask.turn > 0,
  },
  {
    text: 'NEEDLE-TAIL',
    fact: 'the end of a long output',
    isNeeded: (ask) => isWorker('mirror')(ask) && ask.turn > 0,
  },
  { text: 'NEEDLE-HANDOFF', fact: 'a handoff, for the planner', cameUp: isWorker('mirror') },
  { text: 'NEEDLE-WORRY', fact: 'its concern, for the planner', cameUp: isWorker('mirror') },
  { text: 'NEEDLE-BLOCKED', fact: 'why a task was blocked, for the planner', cameUp: isWorker('nut') },
  { text: 'NEEDLE-WHY', fact: 'its concern, for the planner', cameUp: isWorker('nut') },
  {
    text: 'NEEDLE-FOR-GOOD',
    fact: 'why a task failed for good, for the planner',
    cameUp: isWorker('oak'),
  },
];

export const findNeedles = (): Promise<readonly Found[]> => {
  const plan = plans();
  const brain = (ask: Ask): Reply =>
    ask.kind === 'probe' ? { text: 'pong' } : ask.kind === 'planner' ? plan(ask) : WORK[ask.title]!(ask);
  return played({ files: FILES, args: ARGS, brain }, async ({ server }) => foundIn(server.asks));
};

/** How often each needle was needed in these calls, and how often it stood there. */
export const foundIn = (asks: readonly Ask[]): readonly Found[] =>
  NEEDLES.map((needle) => {
    const { text, isNeeded, cameUp } = needle;
    if (isNeeded) {
      const needing = asks.filter(isNeeded);
      return {
        needle,
        needed: needing.length,
        stands: needing.filter(({ raw }) => raw.includes(text)).length,
      };
    }
    const first = asks.findIndex((ask) => cameUp?.(ask));
    // Its own answers do not count: what it said it has to be told again.
    const later = first < 0 ? [] : asks.slice(first + 1).filter(isPlanner);
    const isTold = later.some((ask) => userOf(ask).includes(text));
    return { needle, needed: Math.min(1, later.length), stands: Number(isTold) };
  });

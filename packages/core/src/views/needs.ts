/**
 * What a person must decide, with the choices as commands that can be typed. The run goes on with the rest meanwhile:
 * nothing here changes what is done.
 */

import { isHeldBack } from '../model/evolve-task.ts';
import type { TaskId } from '../model/ids.ts';
import type { PauseReason, StopReason } from '../model/request.ts';
import type { Task } from '../model/task.ts';
import { isLeftRed } from '../rules/healing.ts';
import { isOpened, type OpenedState, type State } from '../state.ts';
import { plain } from './words.ts';

export type NeedKind = 'blocked' | 'secret' | 'votes' | 'held' | 'paused' | 'stopped' | 'quota' | 'red';

export interface Choice {
  /** What can be typed. */
  readonly command: string;
  readonly means: string;
}

export interface Need {
  /** The same as long as it is the same thing. */
  readonly id: string;
  readonly kind: NeedKind;
  readonly task?: TaskId;
  /** Since when, ms since the epoch. */
  readonly since: number;
  /** One sentence without a full stop. */
  readonly text: string;
  readonly choices: readonly Choice[];
}

export interface Needs {
  /** Those that are listed: what stops the whole run first, then the oldest. */
  readonly listed: readonly Need[];
  /** How many there are in all. */
  readonly count: number;
}

/** More are counted, and not listed. */
export const NEEDS_MAX = 100;

/** @param isLive a process works on the run: it can be steered. Without one it is taken up again first. */
export function needs(s: State, isLive: boolean): Needs {
  if (!isOpened(s) || s.cancelled !== undefined) return { listed: [], count: 0 };
  const whole = s.closed ? [] : [...stops(s), ...pauses(s)];
  const found = [...whole, ...[...redTarget(s), ...tasks(s, isLive)].sort((a, b) => a.since - b.since)];
  return { listed: found.slice(0, NEEDS_MAX), count: found.length };
}

/** `2 things need you`, or nothing. */
export const needsText = ({ count }: Needs): string | undefined =>
  count === 0 ? undefined : `${count === 1 ? '1 thing needs' : `${count} things need`} you`;

// ───────────────────────── the whole run ─────────────────────────

const RESUME: Choice = { command: 'swarm resume', means: 'once it is mended' };

/** An outage ends by itself. */
type Lasting = Exclude<PauseReason, 'endpoints-down'>;

const PAUSES: Readonly<Record<Lasting, { readonly text: string; readonly choices: readonly Choice[] }>> = {
  operator: {
    text: 'you paused the run',
    choices: [
      { command: 'swarm continue', means: 'it goes on' },
      { command: 'swarm cancel', means: 'it ends' },
    ],
  },
  'endpoints-failing': {
    text: 'the endpoints answer and finish no call',
    choices: [{ command: 'swarm doctor', means: 'what they say' }, RESUME],
  },
  quota: {
    text: 'the models’ quota is used up',
    choices: [{ command: 'swarm resume', means: 'waits until there is more' }],
  },
  'history-rewritten': {
    text: 'the target’s history was rewritten',
    choices: [{ command: 'swarm resume', means: 'accepts it' }],
  },
  'target-gone': { text: 'the target is gone', choices: [RESUME] },
  'target-refuses': { text: 'the target refuses to be moved', choices: [RESUME] },
  'disk-full': {
    text: 'the disk is full',
    choices: [{ command: 'swarm clean', means: 'gives some of it back' }, RESUME],
  },
};

function pauses({ paused }: State): Need[] {
  if (!paused || paused.reason === 'endpoints-down') return [];
  const { reason, at } = paused;
  const kind = reason === 'quota' ? 'quota' : 'paused';
  const { text, choices } = PAUSES[reason];
  const detail = reason === 'operator' ? '' : plain(paused.detail, 160);
  return [
    { id: `paused ${reason}`, kind, since: at, text: detail === '' ? text : `${text}: ${detail}`, choices },
  ];
}

/** A signal is the person's own; a pause is told as such; what goes on elsewhere needs nothing here. */
type Mendable = Exclude<StopReason, 'signal' | 'paused' | 'taken'>;

const STOPS: Readonly<Record<Mendable, { readonly text: string; readonly choices: readonly Choice[] }>> = {
  auth: {
    text: 'a model endpoint rejects the key',
    choices: [{ command: 'swarm resume', means: 'with a valid key' }],
  },
  quota: {
    text: 'the models’ quota is used up',
    choices: [
      { command: 'swarm resume', means: 'waits until there is more' },
      { command: 'swarm resume --now', means: 'asks at once' },
    ],
  },
  'bad-request': {
    text: 'a model endpoint refuses what it is asked',
    choices: [{ command: 'swarm doctor', means: 'what it says' }, RESUME],
  },
  'base-red': {
    text: 'the gate fails on the base',
    choices: [
      { command: 'swarm resume --gate "…"', means: 'another gate' },
      { command: 'swarm run "…" --fix-red', means: 'where mending it is the request' },
    ],
  },
  'setup-failed': {
    text: 'the setup fails on the base',
    choices: [{ command: 'swarm doctor', means: 'what is missing' }, RESUME],
  },
  'gate-broken': {
    text: 'the gate cannot be run',
    choices: [
      { command: 'swarm doctor --run-gate', means: 'what it says' },
      { command: 'swarm resume --gate "…"', means: 'another gate' },
    ],
  },
  diverged: {
    text: 'the run asks something else than the recorded one',
    choices: [{ command: 'swarm prompts diff', means: 'what differs' }],
  },
  unrecorded: {
    text: 'the cassette takes no more',
    choices: [{ command: 'swarm resume --no-record', means: 'goes on without' }],
  },
  fault: {
    text: 'the run met a fault of swarm’s own',
    choices: [{ command: 'swarm logs', means: 'what happened' }, RESUME],
  },
};

const isMendable = (reason: string): reason is Mendable => Object.hasOwn(STOPS, reason);

function stops({ stoppedFor }: State): Need[] {
  if (!stoppedFor || !isMendable(stoppedFor.reason)) return [];
  const { reason, detail, at } = stoppedFor;
  const { text, choices } = STOPS[reason];
  const kind = reason === 'quota' ? 'quota' : reason === 'base-red' ? 'red' : 'stopped';
  return [{ id: `stopped ${reason}`, kind, since: at, text: `${text}: ${plain(detail, 160)}`, choices }];
}

/** A failure of the target that nobody of the run mends any more. */
function redTarget(s: OpenedState): Need[] {
  return [...s.health.findings].flatMap(([signature, { openedAt }]): Need[] => {
    if (!isLeftRed(s, signature)) return [];
    const culprit = s.health.culprits.get(signature);
    const guilty = culprit?.kind === 'landing' ? culprit.task : undefined;
    return [
      {
        id: `red ${signature}`,
        kind: 'red',
        since: openedAt,
        text: `the target fails, and no fix for it has helped: ${plain(signature, 120)}`,
        choices: [
          ...(guilty ? [{ command: `swarm undo ${guilty}`, means: 'takes back what brought it' }] : []),
          { command: 'swarm submit "…"', means: 'another fix, in your words' },
        ],
      },
    ];
  });
}

// ───────────────────────── tasks ─────────────────────────

const tasks = (s: OpenedState, isLive: boolean): Need[] =>
  [...s.byState.failed].flatMap((id) => taskNeed(s, s.tasks.get(id)!, isLive) ?? []);

/** What only a person can decide of a task that has ended without its work. */
function taskNeed(s: State, t: Task, isLive: boolean): Need | undefined {
  // What nobody handed in for a task is told of the task.
  if (t.state !== 'failed' || isHeldBack(t)) return undefined;
  const kind = kindOf(t);
  if (!kind) return undefined;
  const name = `${t.id} “${plain(t.spec.title, 60)}”`;
  const said = plain(claimOf(s, t) ?? (t.setback?.detail || t.detail), 200).replace(/[.\s]+$/, '');
  const about = { id: `${kind} ${t.id}`, kind, task: t.id, since: t.endedAt };
  const text = `${name} ${KINDS[kind]}${said === '' ? '' : `: ${said}`}`;
  const again = t.source.by === 'candidates' ? t.source.parent : t.id;
  return { ...about, text, choices: [...choicesFor(kind, t.id), ...retries(again, isLive)] };
}

/** What the agent of its last attempt said in its own words, where it handed nothing in. */
function claimOf(s: State, { setback }: Task): string | undefined {
  const last = setback && s.attempts.get(setback.attempt);
  return (last?.state === 'ended' && last.claim?.summary) || undefined;
}

type TaskNeed = 'blocked' | 'secret' | 'votes' | 'held';

const KINDS: Readonly<Record<TaskNeed, string>> = {
  blocked: 'is blocked',
  secret: 'is held, for a secret stood in its work',
  votes: 'is held, for too few reviewers voted',
  held: 'is held, for it changes what only you may change',
};

function kindOf({ failure, setback }: Task & { readonly state: 'failed' }): TaskNeed | undefined {
  if (failure === 'blocked') return 'blocked';
  if (failure !== 'attempts') return undefined;
  switch (setback?.reason) {
    case 'secret-found':
      return 'secret';
    case 'no-quorum':
      return 'votes';
    case 'protected':
    case 'tests-weakened':
      return 'held';
    default:
      return undefined;
  }
}

function choicesFor(kind: TaskNeed, id: TaskId): readonly Choice[] {
  if (kind === 'blocked') return [{ command: `swarm explain ${id}`, means: 'its whole story' }];
  if (kind === 'secret')
    return [{ command: `swarm explain ${id}`, means: 'where; [secrets] allow lets it through' }];
  return [{ command: `swarm checkout ${id}`, means: 'its work as a branch, to land it yourself' }];
}

/** Only a live run is steered. */
const retries = (id: TaskId, isLive: boolean): readonly Choice[] => [
  {
    command: isLive ? `swarm retry ${id} --with "…"` : `swarm resume --retry ${id} --with "…"`,
    means: 'tried again, with your answer',
  },
];

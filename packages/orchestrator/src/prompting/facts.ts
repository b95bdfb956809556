/** What every role is told of the place it works in, its limits and the laws its work is judged by. */

import type { Attempt } from '@swarm/core/model/attempt';
import { isHeldBack } from '@swarm/core/model/evolve-task';
import type { TaskId } from '@swarm/core/model/ids';
import type { Request } from '@swarm/core/model/request';
import type { Task } from '@swarm/core/model/task';
import { attemptLimits } from '@swarm/core/rules/budget';
import { nameOf } from '@swarm/core/rules/capabilities';
import type { ForeignWorker } from '@swarm/core/rules/foreign';
import { protectedGlobs } from '@swarm/core/rules/protected';
import { KNOWN_ROLES, type Role } from '@swarm/core/rules/roles';
import type { OpenedState } from '@swarm/core/state';
import { countText, durationText, plain } from '@swarm/core/views/words';
import type { Settings } from '../settings.ts';

const NEIGHBOURS_MAX = 20;

/** Setup, gate and network: the same for planner, worker and reconciler. */
export function machinery({ run: { request } }: OpenedState): string {
  return [
    request.setup
      ? `Setup: \`${request.setup}\`. It has run already in every clone, before anybody works there.`
      : 'Setup: none. A clone holds what is committed and nothing more.',
    request.gate
      ? `Gate: \`${request.gate}\`. It runs on every merged result, and nothing lands that fails it.`
      : 'Gate: none. What is handed in lands untested.',
    ...(request.checks ? [`Full checks, now and then on the target: \`${request.checks}\`.`] : []),
    networkText(request),
  ].join('\n');
}

function networkText({ agentHosts = [] }: Request): string {
  if (agentHosts.length === 0)
    return 'Network: none for agents, verification and gate. Nothing can be downloaded or installed there.';
  const hosts = agentHosts.includes('*') ? 'what is public' : agentHosts.join(', ');
  return `Network: agents reach ${hosts} by the proxy that HTTPS_PROXY names, and nothing else; verification and gate have none. What they need has to be in the work tree.`;
}

/** Who else works now, and where. */
export function neighbours(state: OpenedState, self: Task): string {
  const others = [...state.byState.running, ...state.byState.assigned]
    .map((id) => state.tasks.get(id)!)
    // Those that try the same are told nothing of one another: each is to find its own way.
    .filter((task) => task.id !== self.id && !isRival(task, self));
  if (others.length === 0) return '';
  const shown = others.slice(0, NEIGHBOURS_MAX).map(({ id, spec }) => {
    const where = spec.scope.length > 0 ? ` in ${spec.scope.slice(0, 10).join(', ')}` : '';
    return `- ${id} ${plain(spec.title, 120)}${where}`;
  });
  return ['Others work at the same time, each in a clone of its own:', ...shown].join('\n');
}

const isRival = ({ source }: Task, self: Task): boolean =>
  source.by === 'candidates' && self.source.by === 'candidates' && source.parent === self.source.parent;

/** How much room this attempt has. */
export function attemptRoom(state: OpenedState, settings: Settings, attempt: Attempt, task: Task): string {
  const { limits } = state.run.request;
  const { tokens, usd } = attemptLimits(limits, attempt.reserved);
  const { steps, wallMs } = settings.attempt;
  const tried = roundsOf(state, task) ?? task.counted - task.forgiven;
  return [
    `This is attempt ${tried + 1} of at most ${limits.attempts}.`,
    `It has ${countText(steps, 'answer')}, ${countText(tokens, 'token')}${usd === undefined ? '' : `, $${usd.toFixed(2)}`} and ${durationText(wallMs)}.`,
    'When one of them is used up, the attempt ends and what is in the workspace is kept for the next one.',
  ].join('\n');
}

/** Of several that try a task each has one attempt a round. */
function roundsOf(state: OpenedState, task: Task): number | undefined {
  if (task.source.by !== 'candidates' || !isHeldBack(task)) return undefined;
  const whole = state.tasks.get(task.source.parent)!;
  return whole.counted - whole.forgiven;
}

/** What a change may not touch unless its task names it. */
export function protectionLaws({ run: { request } }: OpenedState): readonly string[] {
  const { named, byGate } = protectedGlobs(request.gate, request.protect ?? []);
  return [
    `Protected: a change of one of these comes back unless the task's scope names the file itself, not by a glob: ${named.join(', ')}.`,
    ...(byGate.length > 0
      ? [
          `The gate runs or goes by these, and only the operator's own tasks may change them: ${byGate.join(', ')}.`,
        ]
      : []),
    'A package script that the gate comes by, and one that a package manager runs by itself when it installs, is protected in the same way.',
  ];
}

/** What a planner has to keep to, so that no task is impossible from the start. */
export function plannerLaws(state: OpenedState): string {
  const { overlap, outside, roles = [], foreign = [] } = state.run.request;
  return [
    ...(overlap === 'serialize' ? ['Tasks whose scopes overlap run one after the other.'] : []),
    outside === 'hold'
      ? 'A change outside its task’s scope comes back.'
      : 'A change outside its task’s scope is reported.',
    ...protectionLaws(state),
    ...roleLaws(roles),
    ...foreignLaws(foreign),
    'Do not file a task that must change a file only the operator’s own tasks may change: it cannot land.',
    'A change that deletes, skips or weakens a test is held for the operator.',
    `${state.run.request.agentHosts ? 'Verification and gate' : 'Verification, gate and agents'} have no network: a \`verify\` that fetches anything fails.`,
    'An attempt that ends `blocked` ends its task for good, and what depends on it falls.',
  ]
    .map((law) => `- ${law}`)
    .join('\n');
}

/** What the parts of one task are held to besides. */
export function partLaws(state: OpenedState, whole: TaskId): string {
  return [
    `- Every part names its files, and all of them lie in the scope of ${whole}: a part that leaves it is refused.`,
    '- A part depends on other parts, or on tasks that stand outside; never on the whole.',
    plannerLaws(state),
  ].join('\n');
}

/** Only where somebody configured one: every task is a coder's otherwise. */
function roleLaws(roles: readonly Role[]): readonly string[] {
  const isConfigured = roles.some(
    ({ name, agent, model }) => (agent ?? model) !== undefined || !isKnown(name),
  );
  if (!isConfigured) return [];
  const names = roles.map(({ name, agent }) => (agent === undefined ? name : `${name} (done by ${agent})`));
  return [
    `A task may say whose work it is, as \`"role": "…"\`: ${names.join(', ')}. Without it, it is a coder’s.`,
  ];
}

/** So many are named; whoever has more of them has them by what they can do. */
const FOREIGN_TOLD = 50;

/** Only where there is a bridge. */
function foreignLaws(foreign: readonly ForeignWorker[]): readonly string[] {
  if (foreign.length === 0) return [];
  const told = foreign.slice(0, FOREIGN_TOLD).map(({ name, capabilities }) => {
    const more = capabilities.filter((one) => nameOf(one) !== name);
    return more.length === 0 ? name : `${name} (${more.join(', ')})`;
  });
  return [
    `Workers elsewhere do a task that names one, as \`"agent": "${foreign[0]!.name}"\`, or whose \`requires\` only they have: ${told.join(', ')}.`,
    'Those see no file of the repository: the description of such a task holds all they need.',
  ];
}

const isKnown = (name: string): boolean => KNOWN_ROLES.some((known) => known === name);

export function workerLaws(state: OpenedState, { spec }: Task): string {
  const outside =
    state.run.request.outside === 'hold'
      ? 'A change outside the scope comes back, and the attempt is used up.'
      : 'A change outside the scope is reported.';
  return [
    ...(spec.scope.length > 0 ? [outside] : []),
    ...protectionLaws(state),
    'A test that is deleted, skipped or made weaker comes back.',
    '`blocked` ends the task for good: nobody tries it again, and what depends on it falls. Say what would have to change.',
    '`failed` ends this attempt; `partial` may land, and somebody is asked for the rest.',
  ]
    .map((law) => `- ${law}`)
    .join('\n');
}

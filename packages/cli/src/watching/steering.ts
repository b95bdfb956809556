/** What a key of the board says to the run: the very commands, with their refusals, printed onto the board. */
import { assertNever, SwarmError } from '@swarm/core/errors';
import type { Said, Steer } from '@swarm/dashboard/board';
import { proposal, questionOf } from '../commands/amend.ts';
import { cancel } from '../commands/cancel.ts';
import { notes } from '../commands/notes.ts';
import {
  budget,
  goOn,
  pause,
  prioritise,
  retry,
  scale,
  steer as steerRun,
  submit,
  tell,
} from '../commands/steer.ts';
import { undo } from '../commands/undo.ts';
import type { KnownRun } from '../finding/door.ts';
import { lockHolder } from '../finding/opened-run.ts';
import type { Context } from '../program/context.ts';
import type { RunChoice } from '../program/options.ts';
import { proposedText } from '../telling/diff-text.ts';
import { sanitize } from '../telling/output.ts';
import { captured } from './captured.ts';
import { refusalText } from './refusal.ts';

export interface SteeringAsk {
  readonly known: KnownRun;
  readonly context: Context;
  readonly columns: number;
  readonly onWaiting: (text: string) => void;
}

/** Never throws. */
export async function steered(steer: Steer, ask: SteeringAsk): Promise<Said> {
  const { known, columns, onWaiting } = ask;
  const { output, text } = captured(columns, onWaiting);
  const context: Context = { ...ask.context, output };
  const choice = { repo: known.repository.repository, run: known.paths.run };
  try {
    if (steer.do === 'amend') return await proposed(steer.text, choice, known, context);
    await did(steer, choice, known, context);
    return { isRefused: false, text: text() };
  } catch (error) {
    return { isRefused: true, text: refusalText(error) };
  }
}

async function did(
  steer: Exclude<Steer, { readonly do: 'amend' }>,
  choice: RunChoice & { readonly run: string },
  known: KnownRun,
  context: Context,
): Promise<unknown> {
  switch (steer.do) {
    case 'pause':
      return pause(choice, context);
    case 'continue':
      return goOn(choice, context);
    case 'stop':
      return stop(known, context);
    case 'cancelRun':
      await requireLive(known, 'swarm cancel');
      return cancel(undefined, { ...choice, yes: true }, context);
    case 'cancel':
      return cancel(steer.task, choice, context);
    case 'retry':
      return retry(steer.task, steer.hint === '' ? choice : { ...choice, with: steer.hint }, context);
    case 'tell':
      return tell(steer.task, steer.text, choice, context);
    case 'submit':
      return submit(steer.text, choice, context);
    case 'applyPlan':
      return steerRun({ type: 'amend', text: steer.text, plan: steer.plan }, choice, context);
    case 'prioritise':
      return prioritise(steer.task, steer.place, choice, context);
    case 'scale': {
      const [first = '', second] = steer.text.split(/\s+/);
      return scale([first, second], choice, context);
    }
    case 'budget': {
      const [limit, time] = limitsIn(steer.text);
      return budget(limit, time === undefined ? choice : { ...choice, time }, context);
    }
    case 'note':
      return notes({ set: 'set', key: steer.key, text: steer.text }, choice, context);
    case 'undo': {
      const isRun = steer.what === 'run';
      await requireLive(known, isRun ? 'swarm undo --run' : `swarm undo ${steer.what}`);
      const withDependents = steer.withDependents && !isRun ? ({ withDependents: true } as const) : {};
      return undo(isRun ? undefined : steer.what, { ...choice, ...withDependents }, context);
    }
    default:
      return assertNever(steer);
  }
}

async function proposed(
  text: string,
  choice: RunChoice & { readonly run: string },
  { repository }: KnownRun,
  context: Context,
): Promise<Said> {
  const { proposed, foreseen } = await proposal(text, choice, repository, context);
  return {
    isRefused: false,
    text: sanitize(proposedText(proposed, foreseen, context.output.columns)),
    ask: { question: questionOf(proposed), yes: { do: 'applyPlan', text, plan: proposed.plan } },
  };
}

/** A time is what has no unit of money or tokens: `+5usd`, `+1h`, or both. */
function limitsIn(text: string): readonly [limit: string | undefined, time: string | undefined] {
  const words = text.split(/\s+/).filter((word) => word !== '' && word !== '--time');
  const isTime = (word: string): boolean => /^\+?[\d.]+(ms|s|m|h|d)$/.test(word);
  const limit = words.filter((word) => !isTime(word)).join('');
  return [limit === '' ? undefined : limit, words.find(isTime)];
}

/** As Ctrl-C in the run's own terminal. */
async function stop(known: KnownRun, { output }: Context): Promise<void> {
  const holder = await requireLive(known, 'swarm resume');
  process.kill(holder.pid, 'SIGINT');
  output.result('the run is told to stop: what is in flight lands, the rest is saved; swarm resume goes on');
}

/** What a command does by itself where nobody works on the run, it does not do on a board. Errors: SW0104. */
async function requireLive(
  { repository, paths }: KnownRun,
  command: string,
): Promise<{ readonly pid: number }> {
  const holder = await lockHolder(repository);
  if (holder?.run === paths.run) return holder;
  throw new SwarmError({
    code: 'SW0104',
    what: `no run is live here: nobody works on ${paths.run}`,
    why: 'a board says nothing to a run that nobody works on',
    fix: `q, then ${command}`,
  });
}

/** `swarm pr --until-green`: the checks of the pull request are waited for; what fails is mended on its branch, so many times. */
import { setTimeout as pause } from 'node:timers/promises';
import { SwarmError } from '@swarm/core/errors';
import type { Forge, PullRequest } from '@swarm/core/ports/forge';
import { type ChecksVerdict, checksVerdict, checkTasks } from '@swarm/core/rules/follow-up';
import { standingTexts } from '@swarm/core/views/pull-standing';
import { countText, plain } from '@swarm/core/views/words';
import { parseDurationMs } from '../config/units.ts';
import { forgeOf } from '../running/forging.ts';
import { followUp } from './follow-up.ts';
import { openPulls, type PrAsk } from './pr-ask.ts';

/** Follow-up runs of one command. */
const ROUNDS_MAX = 3;
const WAIT_MS = 3_600_000;
const LOOK_MS = 15_000;
/** So many looks in a row without any check: there are none. They need a moment to begin. */
const NONE_LOOKS = 3;

/** In a stack from the bottom up: what is mended below is brought to what stands on it. */
export async function untilGreen(asked: PrAsk): Promise<number> {
  const waitMs = waitOf(asked.options.wait);
  const forge = forgeOf(asked.found);
  for (let round = 0; ; round++) {
    const pulls = await openPulls(forge, asked);
    const ends: End[] = [];
    for (const pull of pulls) ends.push({ pull, verdict: await endOf(forge, pull, waitMs, asked) });
    const red = ends.find(isRed);
    if (!red) return told(forge, ends, asked);
    const code = await mend(red, round, asked);
    if (code !== undefined) return code;
    if (pulls.length > 1) await asked.again();
  }
}

interface End {
  readonly pull: PullRequest;
  readonly verdict: ChecksVerdict;
}
type Red = End & { readonly verdict: Extract<ChecksVerdict, { kind: 'red' }> };
const isRed = (end: End): end is Red => end.verdict.kind === 'red';

/** Returns how it ends, where nothing came of it. Errors: SW0634 after the last round. */
async function mend({ pull, verdict }: Red, round: number, asked: PrAsk): Promise<number | undefined> {
  const names = verdict.failed.map(({ name }) => plain(name, 100)).join(', ');
  if (round === ROUNDS_MAX) throw new SwarmError(stillRed(pull, names));
  const { failed } = verdict;
  asked.context.output.narrate(
    `${countText(failed.length, 'check')} of ${pull.url} ${failed.length === 1 ? 'fails' : 'fail'}: ${names}`,
  );
  const text = `Make the checks of pull request ${pull.number} pass`;
  const { code, run } = await followUp(asked, pull.head.branch, text, checkTasks(failed));
  if (run.state.landedCount === 0) return code === 0 ? 1 : code;
  return undefined;
}

/** Undefined is an hour. Errors: SW0101. */
function waitOf(text: string | undefined): number {
  const ms = text === undefined ? WAIT_MS : parseDurationMs(text);
  if (ms !== undefined) return ms;
  throw new SwarmError({
    code: 'SW0101',
    what: `${JSON.stringify(text)} is no duration`,
    where: '--wait',
    fix: '--wait 30m',
  });
}

/** Looks again until nothing is pending, or the time is up. */
async function endOf(
  forge: Forge,
  pull: PullRequest,
  waitMs: number,
  { context }: PrAsk,
): Promise<ChecksVerdict> {
  const over = performance.now() + waitMs;
  const lookMs = Math.min(LOOK_MS, Math.max(50, waitMs / 20));
  let saidFor = '';
  for (let looks = 1; ; looks++) {
    const verdict = checksVerdict(await forge.checks(pull.headCommit, pull.base));
    const isSure = verdict.kind === 'none' ? looks >= NONE_LOOKS : verdict.kind !== 'waiting';
    if (isSure || performance.now() + lookMs > over) return verdict;
    const names =
      verdict.kind === 'waiting'
        ? verdict.names.map((name) => plain(name, 100)).join(', ')
        : 'the first of them';
    if (names !== saidFor) context.output.narrate(`waiting for checks: ${names}`);
    saidFor = names;
    await pause(lookMs);
  }
}

async function told(forge: Forge, ends: readonly End[], asked: PrAsk): Promise<number> {
  const { output } = asked.context;
  for (const { pull, verdict } of ends)
    if (verdict.kind === 'waiting') throw new SwarmError(notEnded(pull, verdict.names));
  const rows = [];
  for (const { pull, verdict } of ends) {
    const notes = await notesOn(forge, pull, asked);
    rows.push({ url: pull.url, checks: verdict.kind, ...(notes.length > 0 && { notes }) });
    const said = verdict.kind === 'none' ? 'no checks run on it' : 'all its checks have passed';
    if (!asked.options.json) output.result(`${pull.url}: ${[said, ...notes].join('; ')}`);
  }
  if (asked.options.json) output.json(rows.length === 1 ? rows[0]! : rows);
  return 0;
}

/** A draft of ours is made ready; what else it waits for is said. */
async function notesOn(forge: Forge, pull: PullRequest, { read }: PrAsk): Promise<readonly string[]> {
  const notes: string[] = [];
  if (pull.isDraft && read.file.pull?.isDraft) {
    const why = await forge.makeReady(pull.number);
    notes.push(why === undefined ? 'it is a draft no more' : `it is a draft still: ${plain(why, 300)}`);
  }
  return [...notes, ...standingTexts(await forge.standing(pull.number))];
}

const notEnded = (pull: PullRequest, names: readonly string[]) =>
  ({
    code: 'SW0634',
    what: `checks of pull request ${pull.number} have not ended: ${names.map((name) => plain(name, 100)).join(', ')}`,
    where: pull.url,
    fix: 'swarm pr --until-green --wait 2h',
  }) as const;

const stillRed = (pull: PullRequest, names: string) =>
  ({
    code: 'SW0634',
    what: `checks of pull request ${pull.number} still fail after ${ROUNDS_MAX} rounds: ${names}`,
    where: pull.url,
    fix: 'swarm pr --until-green, once you have looked at them',
  }) as const;

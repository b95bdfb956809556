/**
 * What a run is held against, looked at by us: on its base, to see whether a check could fail at all, and on the head it
 * would end with. Checks of one commit share a workspace for as long as it stays clean. Each judgement is put on record as
 * it comes, so that after a crash only the rest is looked at.
 */
import type { CheckEnd, CriterionTry, Evidence } from '@swarm/core/model/acceptance';
import type { CommitId } from '@swarm/core/model/ids';
import type { SandboxResult } from '@swarm/core/ports/running';
import { criterionKey } from '@swarm/core/rules/acceptance';
import { whyNoWord } from '@swarm/core/rules/broken-checks';
import { criteriaToJudge, criteriaToTry, type Held, verdictFrom } from '@swarm/core/rules/criteria';
import { commandOf } from '@swarm/core/rules/criterion-text';
import type { Context } from '../context.ts';
import { toldFirst } from '../landing/digest.ts';
import { OUTPUT_BYTES_MAX, tailOf } from '../settings.ts';
import { isFullAfter, leaveForDisk } from '../working/disk-full.ts';
import { setupOf } from '../working/setup-ask.ts';
import { CleanRoom, type Opened } from './clean-room.ts';

const DETAIL_MAX = 2_000;
/** grep's own: the pattern cannot be read. */
const EXIT_BAD_PATTERN = 2;

/** `stopped`: nothing can be said, and nothing is recorded. */
type Ended = { readonly end: CheckEnd; readonly detail: string } | 'stopped';

export class Criteria {
  readonly #context: Context<'clock' | 'host' | 'log'>;

  constructor(context: Context<'clock' | 'host' | 'log'>) {
    this.#context = context;
  }

  /** @param isAtItsEnd the run would close now: what is there is judged, on the head as it is. */
  async work(isAtItsEnd: boolean, signal: AbortSignal): Promise<void> {
    const { state, ask } = this.#context;
    const tried = await this.#tryOnBase(criteriaToTry(state, isAtItsEnd), signal);
    if (tried === 'stopped') return;
    if (tried.length > 0)
      await ask({ type: 'recordCriteria', commit: state.run.request.base, results: tried });
    if (isAtItsEnd && !signal.aborted) await this.#judge(signal);
  }

  async #tryOnBase(held: readonly Held[], signal: AbortSignal): Promise<readonly CriterionTry[] | 'stopped'> {
    const { base } = this.#context.state.run.request;
    const results: CriterionTry[] = [];
    const isWhole = await this.#each({ commit: base, held, isSure: false, signal }, async (one, ended) => {
      const { task, text: criterion } = one;
      results.push({ ...(task && { task }), criterion, ...ended });
    });
    return isWhole ? results : 'stopped';
  }

  async #judge(signal: AbortSignal): Promise<void> {
    const { state, ports, ask } = this.#context;
    const { head } = state;
    const held = criteriaToJudge(state);
    if (held.length === 0) return;
    ports.log.write('criteria.started', {
      msg: `${held.length} criteria are looked at on ${head.slice(0, 10)}`,
      data: { head, criteria: held.length },
    });
    const startedAt = ports.clock.monotonic();
    await this.#each({ commit: head, held, isSure: true, signal }, async (one, ended) => {
      const base = state.triedCriteria.get(criterionKey(one.task, one.text));
      const verdict = verdictFrom(base?.end, ended.end);
      const evidence = evidenceOf(one, head, ended.detail, base?.end);
      const { task, text: criterion } = one;
      await ask({ type: 'judgeAcceptance', ...(task && { task }), criterion, verdict, evidence });
    });
    ports.log.write('criteria.ended', {
      msg: `criteria were looked at on ${head.slice(0, 10)}`,
      data: { head, durationMs: Math.round(ports.clock.monotonic() - startedAt) },
    });
  }

  /** Returns false when it was stopped. A command that several criteria name runs once. */
  async #each(
    { commit, held, isSure, signal }: Look,
    put: (one: Held, ended: Exclude<Ended, 'stopped'>) => Promise<void>,
  ): Promise<boolean> {
    const groups = byCommand(held);
    if (groups.size === 0) return true;
    const name = isSure ? 'criteria-head' : 'criteria-base';
    const room = new CleanRoom(() => this.#open(name, commit, signal), signal);
    try {
      for (const [command, some] of groups) {
        const ask = { command, isSure, signal };
        const first = await this.#try(await room.get(), ask);
        const isDoubted = isSure && first !== 'stopped' && first.end === 'fails';
        const ended = isDoubted ? await this.#try(await room.fresh(), ask) : first;
        if (ended === 'stopped') return false;
        for (const one of some) await put(one, ended);
      }
      return true;
    } finally {
      await room.close();
    }
  }

  #open(name: string, base: CommitId, signal: AbortSignal): Promise<Opened> {
    return this.#context.ports.host.open({ name, base, ...setupOf(this.#context), signal });
  }

  async #try(bench: Opened, { command, isSure, signal }: TryAsk): Promise<Ended> {
    const { settings, ports } = this.#context;
    if (signal.aborted) return 'stopped';
    if (bench.kind === 'cannot-run') {
      if (bench.reason === 'disk-full') await leaveForDisk(this.#context, bench.detail);
      if (bench.reason !== 'setup-failed') return 'stopped';
      return { end: 'cannot', detail: `the setup fails there: ${tailOf(bench.detail, DETAIL_MAX)}` };
    }
    const ran = await bench.shell({
      name: `criterion-${this.#context.state.seq}`,
      command,
      limits: { wallMs: settings.gate.timeoutMs, outputBytes: OUTPUT_BYTES_MAX },
      signal,
    });
    if (ran.end === 'aborted') return 'stopped';
    if (ran.end === 'exited' && ran.exitCode === 0) return { end: 'holds', detail: 'it ended with 0' };
    if (await isFullAfter(ports.host, ran)) {
      await leaveForDisk(this.#context, tailOf(ran.output));
      return 'stopped';
    }
    return { end: endOf(ran, command, isSure), detail: detailOf(ran) };
  }
}

interface TryAsk extends Pick<Look, 'isSure' | 'signal'> {
  readonly command: string;
}

interface Look {
  readonly commit: CommitId;
  readonly held: readonly Held[];
  /** A failure counts only when it fails alone too, in a fresh workspace. */
  readonly isSure: boolean;
  readonly signal: AbortSignal;
}

function byCommand(held: readonly Held[]): ReadonlyMap<string, readonly Held[]> {
  const groups = new Map<string, Held[]>();
  for (const one of held) {
    const command = commandOf(one.check);
    if (command !== undefined) groups.set(command, [...(groups.get(command) ?? []), one]);
  }
  return groups;
}

/**
 * Red is red on the base, whatever it is for. On the head it is a failure of the work, but where no check could have been
 * made. What comes to no end by itself was not seen to fail, and does not hold.
 */
function endOf(ran: SandboxResult, command: string, isSure: boolean): CheckEnd {
  if (ran.end === 'timeout') return isSure ? 'fails' : 'cannot';
  if (ran.end !== 'exited') return 'cannot';
  const { exitCode, output } = ran;
  const isUnread = exitCode === EXIT_BAD_PATTERN && / grep -Eq /.test(command);
  const isNoWord = isUnread || whyNoWord({ exitCode, output }) !== undefined;
  return isSure && isNoWord ? 'cannot' : 'fails';
}

function detailOf(ran: SandboxResult): string {
  const { exitCode, output } = ran;
  const why = whyNoWord({ exitCode, output });
  const how = `it ended with ${exitCode ?? ran.end}${why === undefined ? '' : ` (${why})`}`;
  return output.trim() === '' ? how : `${how}: ${toldFirst(output)}`.slice(0, DETAIL_MAX);
}

const ON_BASE: Readonly<Record<CheckEnd, string>> = {
  holds: 'it held on the base already, before any work',
  fails: 'it failed on the base',
  cannot: 'it could not be tried on the base',
};

function evidenceOf(one: Held, commit: CommitId, detail: string, base: CheckEnd | undefined): Evidence {
  const before = base === undefined ? 'nobody tried it on the base' : ON_BASE[base];
  return { kind: 'command', by: commandOf(one.check)!, commit, detail: `${detail}; ${before}` };
}

/**
 * Whether the tests of a change would have failed without it, and which scripts of the gate it changes. What is found is
 * told; it keeps nothing from landing.
 */
import type { GateChange, MeasuredChange, TestsTried } from '@swarm/core/model/handoff';
import type { AttemptId } from '@swarm/core/model/ids';
import type { Task } from '@swarm/core/model/task';
import type { Bench } from '@swarm/core/ports/bench';
import { gateAt } from '@swarm/core/rules/known-failures';
import { touchedChanges } from '@swarm/core/rules/protected';
import { EXIT_NO_BASE, putCommand, type TestsPlan, testsPlan, testsSay } from '@swarm/core/rules/proving';
import { TESTS_WORDS } from '@swarm/core/views/criteria';
import type { Context } from '../context.ts';
import { readFailures } from '../healing/failures.ts';
import { toldFirst } from '../landing/digest.ts';
import { changedTexts } from '../landing/judge.ts';
import { OUTPUT_BYTES_MAX } from '../settings.ts';
import { setupOf } from './setup-ask.ts';

const PUT_MS = 120_000;
const PUT_BYTES = 1024 * 1024;
const DETAIL_MAX = 600;

type Run = Extract<TestsPlan, { kind: 'run' }>;

export class Vacuity {
  readonly #context: Context;

  constructor(context: Context) {
    this.#context = context;
  }

  /** @returns undefined where it has no tests, nobody asked, or it was called off. */
  async try(
    attempt: AttemptId,
    task: Task,
    change: MeasuredChange,
    signal: AbortSignal,
  ): Promise<TestsTried | undefined> {
    const { settings, state } = this.#context;
    if (!settings.proves) return undefined;
    const { gate } = state.run.request;
    const plan = testsPlan({ paths: change.filesChanged, verify: task.spec.verify, gate });
    const tests = plan?.kind === 'run' ? await this.#run(attempt, plan, change, signal) : plan?.tests;
    if (tests && !signal.aborted) this.#tell(attempt, task, tests);
    return signal.aborted ? undefined : tests;
  }

  async #run(
    attempt: AttemptId,
    plan: Run,
    change: MeasuredChange,
    signal: AbortSignal,
  ): Promise<TestsTried> {
    const name = `proves-${attempt.replace('.', '-')}`;
    const { host } = this.#context.ports;
    const bench = await host.open({ name, base: change.commit, ...setupOf(this.#context), signal });
    if (bench.kind === 'cannot-run')
      return unknown(plan, `there is no workspace for it: ${bench.detail}`.slice(0, DETAIL_MAX));
    try {
      return await this.#runIn(bench, { attempt, plan, change, signal });
    } finally {
      await bench.close();
    }
  }

  async #runIn(bench: Bench, { attempt, plan, change, signal }: Tried): Promise<TestsTried> {
    const { settings, state } = this.#context;
    const put = await bench.shell({
      name: `put-${attempt}`,
      command: putCommand(change.base, change.commit, plan.files),
      limits: { wallMs: PUT_MS, outputBytes: PUT_BYTES },
      signal,
    });
    if (put.exitCode !== 0) return unknown(plan, whyNotPut(put.exitCode));
    const ran = await bench.shell({
      name: `proves-${attempt}`,
      command: plan.command,
      limits: { wallMs: settings.gate.timeoutMs, outputBytes: OUTPUT_BYTES_MAX, ...settings.gate.limits },
      signal,
    });
    const exitCode = ran.end === 'exited' ? ran.exitCode : undefined;
    const says = testsSay({
      exitCode,
      signatures: readFailures(ran.output).map(({ signature }) => signature),
      before: plan.command === state.run.request.gate ? gateAt(state, change.base) : undefined,
    });
    const how = `on the sources before it \`${plan.command}\` ended with ${ran.exitCode ?? ran.end}`;
    const detail = exitCode === 0 ? how : `${how}: ${toldFirst(ran.output)}`;
    return { files: plan.files, says, by: plan.command, detail: detail.slice(0, DETAIL_MAX) };
  }

  #tell(attempt: AttemptId, task: Task, tests: TestsTried): void {
    this.#context.ports.log.write('tests.tried', {
      msg: `${attempt}’s tests ${TESTS_WORDS[tests.says]}: ${tests.detail.split('\n', 1)[0]}`,
      task: task.id,
      attempt,
      ...(tests.says === 'nothing' && { level: 'warn' as const }),
      data: { says: tests.says, files: tests.files.length },
    });
  }
}

interface Tried {
  readonly attempt: AttemptId;
  readonly plan: Run;
  readonly change: MeasuredChange;
  readonly signal: AbortSignal;
}

const unknown = (plan: Run, detail: string): TestsTried => ({ files: plan.files, says: 'unknown', detail });

const whyNotPut = (exitCode: number | undefined): string =>
  exitCode === EXIT_NO_BASE
    ? 'the sources before it are not there to go back to'
    : 'they could not be put on the sources before';

/** Scripts of manifests that the gate runs, as the change leaves them. */
export async function scriptsIn(
  context: Context<'reader'>,
  { base, commit, filesChanged }: MeasuredChange,
): Promise<readonly GateChange[]> {
  const { gate } = context.state.run.request;
  const all = filesChanged.filter((path) => /(?:^|\/)package\.json$/i.test(path));
  if (gate === undefined || all.length === 0) return [];
  const { texts } = await changedTexts(context.ports.reader, { parent: base, commit }, all);
  return touchedChanges({ paths: [], gate, protect: [], manifests: texts });
}

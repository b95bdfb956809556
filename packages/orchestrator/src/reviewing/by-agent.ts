/**
 * A vote by an agent of its own, in a clone at the commit: it leaves a JSON file at the top of the workspace, or says
 * the same as its last words. What cannot be read is asked for once more.
 */
import type { Reservation } from '@swarm/core/model/attempt';
import type { Bench, BenchJob } from '@swarm/core/ports/bench';
import type { AgentActivity, AgentResult } from '@swarm/core/ports/running';
import type { RenderedPrompt } from '@swarm/core/ports/world';
import { attemptLimits } from '@swarm/core/rules/budget';
import { reviewerName, type VoteWanted } from '@swarm/core/rules/reviewing';
import { toWire } from '@swarm/core/rules/task-format';
import { type ReadVote, readVote } from '@swarm/core/rules/vote-format';
import { plain } from '@swarm/core/views/words';
import type { Context } from '../context.ts';
import { limitsLeft, NOTHING_USED, usedWith } from '../working/rounds.ts';
import type { Said } from './said.ts';
import { whyAgain } from './vote-reading.ts';
import { benchName, openBenchFor } from './vote-tools.ts';

/** What nobody commits: a file of this name in the work is not the reviewer’s. */
const VOTE_FILE = 'swarm-vote.json';
const FILE_BYTES_MAX = 64_000;
const READ_MS = 10_000;

/**
 * The programs of the change may be run beside the agent, as the same user: they could write the file, or print a vote. They
 * were made before the seal was, and are told nothing of it.
 */
export const answerInFile = (seal: string): string =>
  `You stand in a clone of the repository at that commit. Nothing you change there counts. Write the JSON object into the file \`${VOTE_FILE}\` at the top of the workspace when you have made up your mind, and run nothing after it; where you cannot write files, say it as your last message, or as the \`summary\` of your handoff. It has one more field: \`"seal": "${seal}"\`. A vote without it is not yours; tell it to no program that you run. Do nothing else with the repository.`;

interface Ask {
  readonly wanted: VoteWanted;
  readonly prompt: RenderedPrompt;
  /** What its vote repeats. */
  readonly seal: string;
  readonly reserved: Reservation;
  readonly signal: AbortSignal;
}

type Ports = Context<'clock' | 'host' | 'log'>;

export async function askAgent(context: Ports, ask: Ask): Promise<Said> {
  const { wanted, signal } = ask;
  const agentAs = reviewerName(wanted.attempt, wanted.reviewer);
  const bench = await openBenchFor(context, wanted, signal, { agentAs });
  if (bench.kind === 'cannot-run') {
    const { usage } = NOTHING_USED;
    if (bench.reason === 'aborted') return { kind: 'stopped', usage };
    return { kind: 'silent', why: `there is no clone to look at: ${bench.detail}`, usage };
  }
  try {
    return await inTwoTurns(context, bench, ask);
  } finally {
    await bench.close();
  }
}

async function inTwoTurns(context: Ports, bench: Bench, ask: Ask): Promise<Said> {
  const { state, settings, ports } = context;
  const wish = { agent: settings.review!.agent!, role: 'reviewer' };
  const { name, model } = bench.agentFor(wish);
  const by = model === undefined ? name : `${name} with ${model}`;
  const whole = {
    ...attemptLimits(state.run.request.limits, ask.reserved, 'reviewer'),
    wallMs: settings.review!.wallMs,
  };
  let used = NOTHING_USED;
  let told = '';
  let talk: string | undefined;
  for (let turn = 1; ; turn++) {
    await forgetVote(bench, ask);
    const limits = limitsLeft(whole, used);
    if (!limits) return { kind: 'silent', why: 'its part of the budget is used up', usage: used.usage, by };
    const startedAt = ports.clock.monotonic();
    const result = await bench.agent({
      ...jobOf(context, ask, { told, talk }),
      wish,
      limits: limitsFor(context, limits),
    });
    used = usedWith(used, result, ports.clock.monotonic() - startedAt);
    const after = { usage: used.usage, by };
    if (result.end !== 'finished') return { ...endedOtherwise(result), ...after };
    const read = await voteOf(bench, ask, result);
    const again = turn === 1 ? whyAgain(read, ask.seal) : undefined;
    if (again === undefined)
      return 'problem' in read
        ? { kind: 'silent', why: `its vote cannot be read: ${read.problem}`, ...after }
        : { kind: 'vote', vote: read, ...after };
    told = again;
    talk = result.talk;
  }
}

const limitsFor = (
  { settings }: Ports,
  limits: NonNullable<ReturnType<typeof limitsLeft>>,
): BenchJob['limits'] => ({
  steps: settings.attempt.steps,
  ...limits,
  quietMs: Math.min(settings.attempt.quietMs, settings.review!.wallMs),
});

/** Told once more in the same conversation, where the agent can go on with it; else in another with the same words. */
function jobOf(
  context: Ports,
  { wanted, prompt, signal }: Ask,
  { told, talk }: { readonly told: string; readonly talk: string | undefined },
): Omit<BenchJob, 'wish' | 'limits'> {
  const isNew = talk === undefined && told !== '';
  const task = context.state.tasks.get(wanted.task)!;
  return {
    prompt: { system: prompt.system, user: isNew ? `${prompt.text.trimEnd()}\n\n${told}\n` : prompt.text },
    ...(talk !== undefined && { goOn: { talk, told } }),
    taskJson: JSON.stringify(
      toWire(task, (id) => id),
      null,
      2,
    ),
    signal,
    onActivity: (activity) => tell(context, wanted, activity),
  };
}

function tell({ ports }: Ports, { task, attempt, reviewer }: VoteWanted, activity: AgentActivity): void {
  if (activity.kind === 'cut') return;
  const name = activity.kind === 'network' ? 'agent.reached' : 'agent.activity';
  const what = activity.kind === 'tool' ? `${activity.tool} ${activity.detail}` : activity.detail;
  ports.log.write(name, { msg: `${reviewer}: ${what}`, task, attempt, data: { ...activity } });
}

/** One that lies there is the work’s own, or of a turn before. */
const forgetVote = (bench: Bench, ask: Ask) => run(bench, ask, `rm -rf -- ${VOTE_FILE}`);

async function voteOf(bench: Bench, ask: Ask, { claim }: AgentResult): Promise<ReadVote> {
  const left = await run(bench, ask, `test -f ${VOTE_FILE} && head -c ${FILE_BYTES_MAX} -- ${VOTE_FILE}`);
  const words = [claim?.summary, ...(claim?.concerns ?? [])].join('\n');
  const said = readVote(words, ask.seal);
  if (left.end !== 'exited' || left.exitCode !== 0) return said;
  const written = readVote(left.output, ask.seal);
  if ('problem' in written) return 'problem' in said ? written : said;
  // Whoever learnt the seal after all, and wrote over what the reviewer had written, did not write its last words.
  return 'problem' in said || said.vote === written.vote ? written : DIFFER;
}

const DIFFER: ReadVote = { problem: `its file \`${VOTE_FILE}\` and its last words differ` };

const run = (bench: Bench, { wanted, signal }: Ask, command: string) =>
  bench.shell({
    name: benchName(wanted),
    command,
    limits: { wallMs: READ_MS, outputBytes: 2 * FILE_BYTES_MAX },
    signal,
  });

function endedOtherwise({ end, detail }: AgentResult) {
  if (end === 'aborted') return { kind: 'stopped' } as const;
  if (end === 'model-down') return { kind: 'down', why: detail } as const;
  return { kind: 'silent', why: `its agent ended as ${end}: ${plain(detail, 500)}` } as const;
}

/** `swarm explain src/a.ts:12`: whose line it is, and if it is of a landing, why it was made, by whom, on what evidence. */
import { relative, resolve } from 'node:path';
import { type Problem, SwarmError } from '@swarm/core/errors';
import { parseRunId, parseTaskId, type RunId, type TaskId } from '@swarm/core/model/ids';
import { provenanceOf, type TaskProvenance, votesByAttempt } from '@swarm/core/views/provenance';
import { report } from '@swarm/core/views/report';
import { costText, countText, durationText, plain, shortCommit } from '@swarm/core/views/words';
import { type BlamedLine, blameLine } from '@swarm/git';
import { enterRepository } from '../finding/door.ts';
import { type ReadRun, readRun } from '../finding/opened-run.ts';
import type { RepositoryPaths } from '../finding/paths.ts';
import type { Context } from '../program/context.ts';
import type { RunChoice } from '../program/options.ts';
import { sanitize, sanitizeLine } from '../telling/output.ts';
import { shellWord } from '../telling/shell.ts';

export interface Place {
  readonly path: string;
  readonly line: number;
}

const LINE_MAX = 100_000_000;

/** Undefined for what is no path with a line, such as a task. */
export function placeIn(text: string): Place | undefined {
  const [, path = '', line = ''] = /^(.+):(\d{1,9})$/s.exec(text) ?? [];
  const n = Number(line);
  return path === '' || n < 1 || n > LINE_MAX ? undefined : { path, line: n };
}

/** With --run the line is of that run's branch, else of what is checked out. */
export async function explainLine(place: Place, options: RunChoice, context: Context): Promise<number> {
  const repository = await enterRepository(options, context);
  const named = options.run === undefined ? undefined : await readRun(options, context);
  const path = pathIn(repository, place.path, options, context);
  const rev = named ? named.file.landOn : 'HEAD';
  const blamed = await blameLine(repository.gitDir, rev, path, place.line);
  if (blamed.kind !== 'line') throw new SwarmError(notThere(path, place, rev, blamed));
  const squashed = squashedIn(blamed.line);
  const by = squashed
    ? await inRunBranch(blamed.line, squashed, named, options, context)
    : landingIn(blamed.line);
  const found = by && (await readIfKnown(by.run, named, options, context));
  const known = found && by && found.state.tasks.has(by.task) ? found : undefined;
  const facts = known && provenanceOf(known.state, votesByAttempt(known.entries), by!.task);
  const told = { place: { path, line: place.line }, line: blamed.line, by, facts, run: known, squashed };
  if (options.json) context.output.json(asJson(told));
  else context.output.result(sanitize(asText(told)));
  return 0;
}

/** From the top of the repository; what lies outside it is told of as not there. */
function pathIn(
  { repository, isBare }: RepositoryPaths,
  path: string,
  { repo }: RunChoice,
  { cwd }: Context,
): string {
  if (isBare || repo !== undefined) return path.replace(/^\.\//, '');
  return relative(repository, resolve(cwd, path));
}

interface By {
  readonly run: RunId;
  readonly task: TaskId;
}

function landingIn({ trailers }: BlamedLine): By | undefined {
  const only = (key: string): string => {
    const values = trailers.get(key) ?? [];
    return values.length === 1 ? values[0]! : '';
  };
  const [run, task] = [parseRunId(only('Swarm-Run')), parseTaskId(only('Swarm-Task'))];
  return run && task ? { run, task } : undefined;
}

/** A forge may make one commit of a whole pull request: then several tasks, or none, are named in it, and one run. */
function squashedIn({ message }: BlamedLine): RunId | undefined {
  const named = (key: string): Set<string> =>
    new Set([...message.matchAll(new RegExp(`^${key}: (\\S{1,40})\\s*$`, 'gm'))].map((match) => match[1]!));
  const [runs, tasks] = [named('Swarm-Run'), named('Swarm-Task')];
  return runs.size === 1 && tasks.size !== 1 ? parseRunId([...runs][0]!) : undefined;
}

/** On the run's own branch each landing is a commit still: where the same line stands there, that says whose it is. */
async function inRunBranch(
  { path, line, text }: BlamedLine,
  run: RunId,
  named: ReadRun | undefined,
  options: RunChoice,
  context: Context,
): Promise<By | undefined> {
  const read = await readIfKnown(run, named, options, context);
  if (!read) return undefined;
  const there = await blameLine(read.repository.gitDir, read.file.landOn, path, line);
  return there.kind === 'line' && there.line.text === text ? landingIn(there.line) : undefined;
}

/** A clone has the landing, and not the run: then its trailers are all there is. */
async function readIfKnown(
  run: RunId,
  named: ReadRun | undefined,
  options: RunChoice,
  context: Context,
): Promise<ReadRun | undefined> {
  if (named?.paths.run === run) return named;
  return readRun({ ...options, run }, context).catch((error: unknown) => {
    if (error instanceof SwarmError) return undefined;
    throw error;
  });
}

interface Told {
  readonly place: Place;
  readonly line: BlamedLine;
  readonly by: By | undefined;
  readonly facts: TaskProvenance | undefined;
  readonly run: ReadRun | undefined;
  readonly squashed: RunId | undefined;
}

function asJson({ place, line, by, facts, run }: Told): object {
  const { trailers: _, message, ...rest } = line;
  const request = run?.state.run?.request.text;
  return {
    ...place,
    commit: { ...rest, subject: plain(message.split('\n', 1)[0]!, 300) },
    isOurs: by !== undefined,
    ...(by && { run: by.run }),
    ...(by && { task: by.task }),
    ...(request !== undefined && { request: plain(request, 2_000) }),
    ...(facts && { provenance: facts, verified: verifiedOf(run!, facts.task) }),
  };
}

const verifiedOf = ({ state }: ReadRun, task: TaskId): string =>
  report(state).list.find((one) => one.task === task)?.verified ?? 'unverified';

function asText({ place, line, by, facts, run, squashed }: Told): string {
  const at = `${new Date(line.at * 1_000).toISOString().slice(0, 10)}`;
  const moved = line.path === place.path ? '' : ` (then ${plain(line.path, 200)}:${line.line})`;
  const subject = plain(line.message.split('\n', 1)[0]!, 200);
  const commit = `commit ${shortCommit(line.commit)} of ${at} by ${plain(line.author, 60)}: ${subject}`;
  const head = [`${place.path}:${place.line}${moved}`, `  ${sanitizeLine(line.text, 200)}`, commit];
  if (!by && squashed)
    return [
      ...head,
      `It came with ${squashed}, whose landings were made one commit; its branch is not here.`,
    ].join('\n');
  if (!by) return [...head, 'It is of no landing: nobody of a run wrote it.'].join('\n');
  if (!facts)
    return [...head, `It is of ${by.task} of ${by.run}, and this machine has no such run.`].join('\n');
  return [...head, ...factLines(by, facts, run!)].join('\n');
}

function factLines({ run, task }: By, facts: TaskProvenance, read: ReadRun): readonly string[] {
  const { driver, model, promptHash, landing } = facts;
  const who = [driver, model && `with ${model}`, promptHash && `prompt ${promptHash}`].filter(Boolean);
  const verify = facts.verify === undefined ? '' : `; its own check: ${facts.verify}`;
  const before = facts.verifyBefore === 'passed' ? ' (it passed before any work, and tells nothing)' : '';
  const gate = landing ? `; the gate ${landing.gate} in ${durationText(landing.durationMs)}` : '';
  const rows: readonly (readonly [string, string])[] = [
    ['task', `${task} of ${run}: ${facts.title}`],
    ['reason', facts.reason],
    ['request', plain(read.state.run?.request.text ?? '', 600)],
    ['filed by', facts.source],
    ['done by', `${facts.attempt ?? task}${who.length > 0 ? `, ${who.join(', ')}` : ''}`],
    ['handed in', facts.summary ?? ''],
    ...facts.concerns.map((one) => ['concern', one] as const),
    ['evidence', `${verifiedOf(read, task)}${verify}${before}${gate}`],
    ...facts.votes.map((one) => ['vote', one] as const),
    [
      'cost',
      `${countText(facts.attempts, 'attempt')}, ${countText(facts.tokens, 'token')} (${costText(facts.usage.costUsd, facts.usage.priced)})`,
    ],
    ['more', `swarm explain ${task} --run ${run}; swarm undo ${task} --run ${run} takes it back`],
  ];
  return rows.flatMap(([name, text]) =>
    text === '' ? [] : [`${name.padEnd(NAME_WIDTH)}${text.replaceAll('\n', `\n${' '.repeat(NAME_WIDTH)}`)}`],
  );
}

const NAME_WIDTH = 11;

function notThere(
  path: string,
  { line }: Place,
  rev: string,
  blamed: { readonly kind: 'no-file' } | { readonly kind: 'no-line'; readonly lines: number },
): Problem {
  const name = rev.replace('refs/heads/', '');
  if (blamed.kind === 'no-line')
    return {
      code: 'SW0105',
      what: `${sanitizeLine(path, 200)} has ${countText(blamed.lines, 'line')} in ${name}, and no line ${line}`,
      fix: `swarm explain ${shellWord(`${path}:${Math.max(1, blamed.lines)}`)}`,
    };
  return {
    code: 'SW0101',
    what: `${name} has no file ${sanitizeLine(JSON.stringify(path), 200)}`,
    why: 'a line is looked up in what is committed and checked out; with --run, in what that run landed',
    fix: `git ls-files | grep ${shellWord(path.split('/').at(-1) ?? path)}`,
  };
}

/** Which commit a line comes from, in the user's repository: only read, and no program of its configuration is run. */
import { SwarmError } from '@swarm/core/errors';
import { type CommitId, parseCommitId } from '@swarm/core/model/ids';
import { Git } from './git.ts';
import { trailersOf } from './landed.ts';

export interface BlamedLine {
  readonly commit: CommitId;
  /** What the path was called in that commit. */
  readonly path: string;
  /** Which line it was there. */
  readonly line: number;
  readonly text: string;
  readonly author: string;
  /** Seconds since the epoch. */
  readonly at: number;
  readonly message: string;
  /** Of the message's last paragraph. */
  readonly trailers: ReadonlyMap<string, readonly string[]>;
}

export type Blamed =
  | { readonly kind: 'line'; readonly line: BlamedLine }
  | { readonly kind: 'no-file' }
  | { readonly kind: 'no-line'; readonly lines: number };

const BYTES_MAX = 16 * 1024 * 1024;
const TIMEOUT_MS = 60_000;

/** @param rev a name of ours or a commit. @param path from the top of the tree. */
export async function blameLine(gitDir: string, rev: string, path: string, line: number): Promise<Blamed> {
  const git = new Git();
  const args = ['--porcelain', '--no-textconv', '-L', `${line},${line}`, rev, '--', path];
  const ask = {
    maxBytes: BYTES_MAX,
    timeoutMs: TIMEOUT_MS,
    codes: [0, 128],
    config: ['blame.ignoreRevsFile='],
  };
  const told = await git.run({ gitDir }, 'blame', args, ask);
  if (told.code !== 0) return whyNot(told.stderr);
  const found = readPorcelain(told.stdout.toString());
  if (!found) throw new SwarmError({ code: 'SW0702', what: 'git blame said something that is not read' });
  const format = ['--no-walk', '--no-show-signature', '--format=%B', '--end-of-options', found.commit];
  const message = await git.text({ gitDir }, 'log', format);
  return { kind: 'line', line: { ...found, message, trailers: trailersOf(message) ?? new Map() } };
}

/** https://git-scm.com/docs/git-blame#_the_porcelain_format */
function readPorcelain(text: string): Omit<BlamedLine, 'message' | 'trailers'> | undefined {
  const [first = '', ...rest] = text.split('\n');
  const [, id = '', line = ''] = /^([0-9a-f]{40,64}) (\d+) /.exec(first) ?? [];
  const commit = parseCommitId(id);
  const field = (key: string): string =>
    rest.find((row) => row.startsWith(`${key} `))?.slice(key.length + 1) ?? '';
  const content = rest.find((row) => row.startsWith('\t'));
  if (!commit || content === undefined) return undefined;
  return {
    commit,
    path: field('filename'),
    line: Number(line),
    text: content.slice(1),
    author: field('author'),
    at: Number(field('author-time')),
  };
}

function whyNot(stderr: string): Blamed {
  const [, lines] = /has only (\d+) lines?/.exec(stderr) ?? [];
  if (lines !== undefined) return { kind: 'no-line', lines: Number(lines) };
  if (/no such path|no such ref|bad revision/i.test(stderr)) return { kind: 'no-file' };
  throw new SwarmError({ code: 'SW0702', what: 'git blame failed', why: stderr.slice(0, 500) });
}

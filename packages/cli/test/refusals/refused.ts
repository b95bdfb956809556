/**
 * One refusal, held whole: its screen and its JSON against a golden file, stdout empty, and not one byte changed
 * anywhere in its world: repository, index, references, runs, state directory, configuration.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { goldensIn } from '../support/golden.ts';
import type { Ended } from '../support/program.ts';
import { World } from '../support/world.ts';
import { difference, everythingIn } from '../support/world-state.ts';

export interface Call {
  readonly args: readonly string[];
  readonly env?: Record<string, string>;
  readonly cwd?: string;
  /** A command that runs the program, in a world of mounts of its own for instance. */
  readonly through?: readonly string[];
  /** For commands that hold the repository: the object is asked for after the screen. */
  readonly isAlone?: boolean;
  /** Paths a live run writes meanwhile. */
  readonly ignored?: RegExp;
  /** What else in the screens differs from run to run: exact text → placeholder. */
  readonly hide?: Readonly<Record<string, string>>;
}

/** Makes the world what it has to be; gives the command, or several whose screens go into one file. */
export type Arrange = (world: World, t: TestContext) => Calls | Promise<Calls>;
type Calls = Call | readonly Call[];

export interface Case {
  readonly skip?: string | false;
  readonly arrange: Arrange;
}

const FILES = { 'README.md': 'shop\n' };

export interface Topic {
  /** @param name of the golden file. @param title a fact about the product. */
  refused(name: string, title: string, arrange: Arrange | Case): void;
  /** The same for what is allowed and said: nothing is written either, and stdout is part of the screen. */
  said(name: string, title: string, arrange: Arrange | Case): void;
  end(): void;
}

export function topic(name: string): Topic {
  const goldens = goldensIn(join(import.meta.dirname, 'golden', name));
  const define = (isRefused: boolean) => (file: string, title: string, given: Arrange | Case) => {
    const { arrange, skip = false } = typeof given === 'function' ? { arrange: given } : given;
    if (skip) goldens.skip(file);
    test(title, { skip }, async (t) => {
      const world = await World.with(t, FILES);
      const calls = [await arrange(world, t)].flat();
      const before = await everythingIn(world.root);
      const screens = await screensOf(world, calls, isRefused);
      const ignored = calls[0]!.ignored ?? /^$/;
      const written = difference(before, await everythingIn(world.root)).filter(
        (line) => !ignored.test(line),
      );
      assert.deepEqual(written, [], 'something was written');
      goldens.compare(file, `${screens.join('\n\n')}\n`);
    });
  };
  return { refused: define(true), said: define(false), end: goldens.testNoneLeftOver };
}

/** None writes, so they run side by side unless they hold the repository; the object is looked at once for each file. */
async function screensOf(
  world: World,
  calls: readonly Call[],
  isRefused: boolean,
): Promise<readonly string[]> {
  const screens: Promise<string>[] = [];
  for (const [i, call] of calls.entries()) {
    screens.push(screenOf(world, call, isRefused, isRefused && i === 0));
    if (call.isAlone) await screens.at(-1);
  }
  return Promise.all(screens);
}

async function screenOf(world: World, call: Call, isRefused: boolean, hasJson: boolean): Promise<string> {
  const [command = '', ...words] = call.args;
  const first = ended(world, call, call.args);
  if (call.isAlone) await first;
  const second = hasJson ? ended(world, call, [command, '--json', ...words]) : undefined;
  const [plain, json] = await Promise.all([first, second]);
  const parts = [`$ ${['swarm', ...call.args].map(shown).join(' ')}`, plain.stderr.trimEnd()];
  if (!isRefused) parts.push('on stdout:', plain.stdout.trimEnd());
  parts.push(`exit ${plain.code}`);
  if (isRefused) assert.equal(plain.stdout, '', 'a refusal goes to stderr');
  if (json) {
    assertSame(plain, json);
    parts.push(JSON.stringify(objectIn(json), null, 2));
  }
  return hidden(parts.join('\n\n'), world, call.hide);
}

interface Refused {
  readonly errors: readonly { readonly code: string; readonly what: string; readonly fix?: string }[];
}

/** The last line: notes may stand before it. */
const objectIn = ({ stderr }: Ended): Refused => JSON.parse(stderr.trimEnd().split('\n').at(-1)!);

/** Far above what a refusal takes; what was let through by mistake may not go on and on. */
const PATIENCE_MS = 60_000;

function ended(world: World, call: Call, args: readonly string[]): Promise<Ended> {
  const running = world.start(args, call);
  const hanging = setTimeout(() => running.kill('SIGKILL'), PATIENCE_MS);
  return running.ended.finally(() => clearTimeout(hanging));
}

/** The screen and the object say the same, problem by problem; each problem names what can be typed. */
function assertSame(plain: Ended, json: Ended): void {
  assert.deepEqual([json.stdout, json.code], ['', plain.code]);
  const { errors } = objectIn(json);
  assert.ok(errors.length > 0, 'a refusal says why');
  for (const error of errors) assert.ok(error.fix, `${error.code} "${error.what}" names no fix`);
  assert.deepEqual(
    [...plain.stderr.matchAll(/^error\[(SW\d{4})\]: /gm)].map((match) => match[1]),
    errors.map((error) => error.code),
  );
}

const shown = (word: string): string => (/^[\w./:=-]+$/.test(word) ? word : JSON.stringify(word));

/** git's own words where the world lies on a disk of its own: on the screen in two lines, in JSON in one. */
const OF_ANOTHER_DISK =
  /fatal: not a git repository \(or any parent up to mount point \S+\)(?:\n *|\\n)Stopping at .*? not set\)\./g;
const NOT_A_REPOSITORY = 'fatal: not a git repository (or any of the parent directories): .git';

function hidden(text: string, world: World, more: Call['hide'] = {}): string {
  let seen = text.replaceAll(world.root, '<root>');
  for (const [exact, placeholder] of Object.entries(more)) seen = seen.replaceAll(exact, placeholder);
  return seen
    .replaceAll(OF_ANOTHER_DISK, NOT_A_REPOSITORY)
    .replaceAll(/r-\d{8}-[a-z2-7]{4}/g, '<run>')
    .replaceAll(/127\.0\.0\.1:\d{2,5}/g, '127.0.0.1:<port>')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')
    .replaceAll(/(?<=byte |truncate -s )\d+/g, '<byte>')
    .replaceAll(/\b[0-9a-f]{40}\b/g, '<commit>');
}

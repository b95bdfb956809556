/**
 * One refusal, held whole: its screen and its JSON against a golden file, stdout empty, and not one byte changed
 * anywhere in its world: repository, index, references, `.swarm`, state directory, configuration.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { goldensIn } from '../support/golden.ts';
import type { Ended } from '../support/program.ts';
import { World } from '../support/world.ts';
import { everythingIn } from '../support/world-state.ts';

export interface Call {
  readonly args: readonly string[];
  readonly env?: Record<string, string>;
  readonly cwd?: string;
  /** A command that runs the program, in a world of mounts of its own for instance. */
  readonly through?: readonly string[];
  /** What else in the screens differs from run to run: exact text → placeholder. */
  readonly hide?: Readonly<Record<string, string>>;
}

export interface Case {
  /** Files of the first commit; without it a README alone. */
  readonly files?: Readonly<Record<string, string>>;
  readonly skip?: string | false;
  /** Makes the world what it has to be; gives the command. */
  readonly arrange: (world: World, t: TestContext) => Call | Promise<Call>;
}

const FILES = { 'README.md': 'shop\n' };

export interface Topic {
  /** @param name of the golden file. @param title a fact about the product. */
  refused(name: string, title: string, arrange: Case['arrange'] | Case): void;
  /** The same for what is allowed and said: nothing is written either, and stdout is part of the screen. */
  said(name: string, title: string, arrange: Case['arrange'] | Case): void;
  end(): void;
}

export function topic(name: string): Topic {
  const goldens = goldensIn(join(import.meta.dirname, 'golden', name));
  const define = (isRefused: boolean) => (file: string, title: string, given: Case['arrange'] | Case) => {
    const { arrange, files = FILES, skip = false } = typeof given === 'function' ? { arrange: given } : given;
    test(title, { skip }, async (t) => {
      const world = await World.with(t, files);
      goldens.compare(file, await screenOf(world, await arrange(world, t), isRefused));
    });
  };
  return { refused: define(true), said: define(false), end: goldens.testNoneLeftOver };
}

async function screenOf(world: World, call: Call, isRefused: boolean): Promise<string> {
  const before = await everythingIn(world.root);
  const [plain, json] = await Promise.all([
    world.swarm(call.args, call),
    isRefused ? world.swarm([...call.args, '--json'], call) : undefined,
  ]);
  assert.deepEqual(await everythingIn(world.root), before, 'something was written');
  const parts = [`$ ${['swarm', ...call.args].map(shown).join(' ')}`, plain.stderr.trimEnd()];
  if (json) {
    assertRefusal(plain, json);
    parts.push(`exit ${plain.code}`, JSON.stringify(JSON.parse(json.stderr), null, 2));
  } else parts.push('on stdout:', plain.stdout.trimEnd(), `exit ${plain.code}`);
  return `${hidden(parts.join('\n\n'), world, call.hide)}\n`;
}

function assertRefusal(plain: Ended, json: Ended): void {
  assert.deepEqual([plain.stdout, json.stdout], ['', ''], 'a refusal goes to stderr');
  assert.equal(json.code, plain.code);
  const { errors } = JSON.parse(json.stderr) as { errors: { code: string; what: string; fix?: string }[] };
  assert.ok(errors.length > 0);
  for (const error of errors) assert.ok(error.fix, `${error.code} "${error.what}" names no fix`);
  // The screen and the object say the same, problem by problem.
  assert.deepEqual(
    [...plain.stderr.matchAll(/^error\[(SW\d{4})\]: /gm)].map((match) => match[1]),
    errors.map((error) => error.code),
  );
}

const shown = (word: string): string => (/^[\w./:=-]+$/.test(word) ? word : JSON.stringify(word));

function hidden(text: string, world: World, more: Call['hide'] = {}): string {
  let seen = text.replaceAll(world.root, '<root>');
  for (const [exact, placeholder] of Object.entries(more)) seen = seen.replaceAll(exact, placeholder);
  return seen
    .replaceAll(/r-\d{8}-[a-z2-7]{4}/g, '<run>')
    .replaceAll(/127\.0\.0\.1:\d{2,5}/g, '127.0.0.1:<port>')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')
    .replaceAll(/\b[0-9a-f]{40}\b/g, '<commit>');
}

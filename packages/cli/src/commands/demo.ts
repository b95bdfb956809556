/**
 * `swarm demo`: the real run, on a small project made in a temporary folder, with a model that plays a file of
 * answers over HTTP. Nothing in it is special: planner, workers, gate and reconciler are the ones you get.
 */

import { execFileSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { readScript, type Script, startScriptedServer } from '@swarm/llm';
import { probeBubblewrap } from '@swarm/sandbox';
import { CONTAINED, OPEN } from '../config/sandboxes.ts';
import { type ProgramPlaces, programPlaces } from '../places.ts';
import { prepare } from '../preparing/prepare.ts';
import type { Context } from '../program/context.ts';
import type { DemoOptions } from '../program/options.ts';
import { systemClock } from '../running/clock.ts';
import { work } from '../running/work.ts';

const REQUEST =
  'Grow wordkit into a small text library: slugs, title case, truncation, sentence count, reading time, camel case.';

export async function demo(options: DemoOptions, context: Context): Promise<number> {
  const places = programPlaces();
  const folder = await mkdtemp(join(tmpdir(), 'swarm-demo-'));
  const scriptFile = join(places.demo, 'script.json');
  const script = readScript(await readFile(scriptFile, 'utf8'), scriptFile);
  const repository = await makeRepository(folder, places, script);
  const server = await startScriptedServer({ script, clock: systemClock });
  const say = (text: string): void => (options.json ? undefined : context.output.narrate(text));
  try {
    const probe = await probeBubblewrap();
    say(`a made-up project in ${repository}, and a model that plays ${scriptFile}`);
    if (probe.kind === 'missing')
      say(`bubblewrap does not work here (${probe.reason}): the demo’s own agents run with no isolation`);
    const inside = { ...context, cwd: repository, env: demoEnvironment(folder, server.url, context) };
    const run = {
      workers: 4,
      sandbox: probe.kind === 'works' ? CONTAINED : OPEN,
      gate: GATE,
      setup: 'none',
    };
    const prepared = await prepare(REQUEST, run, inside, places);
    const { file, repository: paths, opening } = prepared;
    const code = await work({
      file,
      repository: paths,
      places,
      context: inside,
      opening,
      isJson: options.json === true,
      isStrict: false,
      saysNext: false,
    });
    if (!options.json) sayWhatNext(repository, file.run, context);
    return code;
  } finally {
    await server.close();
  }
}

const GATE = "node --test 'test/unit/*.test.ts'";
const CHECKS = "node --test 'test/unit/*.test.ts' 'test/whole/*.test.ts'";

async function makeRepository(folder: string, places: ProgramPlaces, script: Script): Promise<string> {
  const repository = join(folder, 'wordkit');
  await cp(join(places.demo, 'project'), repository, { recursive: true });
  await configure(join(folder, 'config', 'swarm'), script);
  const git = (...args: string[]): unknown =>
    execFileSync('git', args, { cwd: repository, env: gitEnvironment, stdio: 'pipe' });
  git('init', '--quiet', '--initial-branch=main');
  git('add', '--all');
  git('-c', 'user.name=demo', '-c', 'user.email=demo@localhost', 'commit', '--quiet', '--message', 'wordkit');
  return repository;
}

/** The operator's own files of this one run: checks, and the script's prices. */
async function configure(folder: string, script: Script): Promise<void> {
  const prices = { asOf: '2026-11-21', currency: 'USD', perMillion: script.prices ?? {} };
  await mkdir(folder, { recursive: true });
  await writeFile(
    join(folder, 'config.toml'),
    `[checks]\ncommand = ${JSON.stringify(CHECKS)}\nmin_interval = "2s"\n`,
  );
  await writeFile(join(folder, 'prices.json'), JSON.stringify(prices));
}

const gitEnvironment = { PATH: process.env.PATH, GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' };

/** The demo has a configuration and a state of its own. It reads nothing of the operator's and leaves nothing there. */
function demoEnvironment(folder: string, url: string, { env }: Context) {
  return {
    PATH: `${dirname(process.execPath)}:${env.PATH ?? ''}`,
    HOME: folder,
    TERM: env.TERM,
    XDG_CONFIG_HOME: join(folder, 'config'),
    XDG_STATE_HOME: join(folder, 'state'),
    OPENAI_BASE_URL: url,
    OPENAI_API_KEY: 'not-a-key',
    SWARM_MODEL: 'scripted',
    ...tracingOf(env),
  };
}

/** Traces of the demo go where the operator's traces go: what is not read by us is, by what sends them. */
const tracingOf = (env: Context['env']) =>
  Object.fromEntries(Object.entries(env).filter(([name]) => /^(?:OTEL_|TRACEPARENT$)/.test(name)));

/** The records of its runs lie in the demo's folder, so whoever asks for them says where. */
function sayWhatNext(repository: string, run: string, { output }: Context): void {
  const swarm = `XDG_STATE_HOME=${join(dirname(repository), 'state')} swarm`;
  output.result(
    [
      'Tokens and prices are the script’s: no model was asked and nothing was paid.',
      'Next:',
      `  ${swarm} explain t3 --repo ${repository}`,
      `  ${swarm} report --repo ${repository}`,
      `  git -C ${repository} log --stat swarm/${run}`,
      `  rm -r ${dirname(repository)}   # when you have seen enough`,
    ].join('\n'),
  );
}

#!/usr/bin/env node
/** Parse, run, one catch, exit code. Nothing else reads argv, the environment or the working directory. */
import { readFileSync } from 'node:fs';
import { CommanderError } from 'commander';
import { createProgram } from './program/program.ts';
import { endWithLauncher } from './running/launched.ts';
import { createOutput, type Output } from './telling/output.ts';
import { taken } from './telling/taken.ts';

endWithLauncher();

const argv = process.argv.slice(2);
// What follows a lone `--` is the user's own text, never a flag.
const flags = argv.slice(0, argv.includes('--') ? argv.indexOf('--') : undefined);
const isDebug = flags.includes('--debug');

/** What `swarm` without arguments prints: one screen, because the whole help is several screens. */
const FIRST_STEPS = `swarm points a fleet of coding agents at a git repository and gives back a
branch that passes its checks.

  swarm demo       a whole run on a made-up project: no key, no network
  swarm doctor     what a run in this repository needs, and what is missing
  swarm init       write its gate and setup down, in swarm.toml

  swarm run --dry-run "what you want done"     the plan; nothing starts
  swarm run "what you want done"

Meanwhile swarm status and swarm logs -f; then swarm report and swarm apply.
Every command: swarm --help. One of them: swarm run --help.`;

const output = createOutput({
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  isColourWanted: !flags.includes('--no-color'),
});

// Nothing should get here; what does still ends as a refusal with its exit code, not as a bare stack.
process.on('uncaughtException', (error) => refuse(error, output).then(leave));

await leave(await main(output));

/** Whatever still runs after a failure is not waited for; what was said is: a pipe takes as much as its reader does. */
async function leave(code: number): Promise<never> {
  await Promise.all([process.stdout, process.stderr].map(taken));
  process.exit(code);
}

async function main(out: Output): Promise<number> {
  let code = 0;
  try {
    const context = { cwd: process.cwd(), env: process.env, output: out, isDebug };
    const program = createProgram(context, version(), (exit) => {
      code = exit;
    });
    if (argv.length === 0) {
      out.narrate(FIRST_STEPS);
      return 2;
    }
    await program.parseAsync(argv, { from: 'user' });
    return code;
  } catch (thrown) {
    return isAnswer(thrown) ? 0 : refuse(thrown, out);
  }
}

/** Commander ends `--help` and `--version` by throwing; what was asked for is printed by then. */
function isAnswer(thrown: unknown): boolean {
  return thrown instanceof CommanderError && thrown.exitCode === 0;
}

/** Imported only now: the core and its schemas take longer to load than help does to print. */
async function refuse(thrown: unknown, out: Output): Promise<number> {
  const { exitCodeFor, problemsJson, problemsOf, renderProblems } = await import('./telling/errors.ts');
  const problems = problemsOf(thrown);
  out.narrate(flags.includes('--json') ? problemsJson(problems) : renderProblems(problems, out.narrationInk));
  if (isDebug && thrown instanceof Error) out.narrate(`\n${thrown.stack}`);
  return exitCodeFor(problems);
}

function version(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

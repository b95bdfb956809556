/** The examples below every command's help are commands that parse, and every help is what it was when last read. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { goldensIn } from '../test/support/golden.ts';
import { createProgram } from './program/program.ts';
import { createOutput } from './telling/output.ts';

type Command = ReturnType<typeof createProgram>;

/** The program with nothing behind it: commands are recognised and not done. */
function parser(): { program: Command; names: readonly string[] } {
  const sink = { isTTY: false, write: () => true, on: () => undefined };
  const output = createOutput({ stdout: sink, stderr: sink, env: {}, isColourWanted: false });
  const program = createProgram({ cwd: '/', env: {}, output, isDebug: false }, '0', () => undefined);
  for (const command of program.commands) (command as Command).action(() => undefined);
  return { program, names: program.commands.map((command) => command.name()).filter((n) => n !== 'help') };
}

function helpOf(command: Command): string {
  let text = '';
  const writeOut = (piece: string): void => {
    text += piece;
  };
  command.configureOutput({ writeOut, getOutHelpWidth: () => 80, getOutHasColors: () => false });
  command.outputHelp();
  return `${text.trim()}\n`;
}

/** Words as a shell sees them: quotes group, and what is redirected is not the program's. */
function wordsOf(line: string): string[] {
  const [typed = ''] = line.split(/\s+(?:\d?>|\||#)| && |; /);
  return [...typed.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map((m) => m[1] ?? m[2] ?? m[3]!);
}

const goldens = goldensIn(`${import.meta.dirname}/../test/help`);
const { program, names } = parser();

for (const name of ['swarm', ...names]) {
  const command = name === 'swarm' ? program : (program.commands.find((c) => c.name() === name) as Command);
  test(`the help of ${name} is what it was, with three examples that parse`, async () => {
    const help = helpOf(command);
    goldens.compare(name, help);
    const examples = help.split('\n').flatMap((line) => (line.startsWith('  $ ') ? [line.slice(4)] : []));
    assert.equal(examples.length, 3);
    for (const example of examples) {
      const [first, ...words] = wordsOf(example);
      assert.equal(first, 'swarm', example);
      await parser().program.parseAsync(words, { from: 'user' });
    }
  });
}

goldens.testNoneLeftOver();

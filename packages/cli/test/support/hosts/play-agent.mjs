/** An agent that does what a script's answers for its attempt do: writes, edits, commands, a handoff. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

const { answers } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const [task, number] = process.env.SWARM_ATTEMPT.split('.');
const mine = answers.filter((a) => a.role === 'worker' && a.task === task);
/** A later attempt than the script knows does what the last one did. */
const known = mine.map((a) => a.attempt ?? 1).filter((n) => n <= Number(number));
const turns = mine.filter((a) => (a.attempt ?? 1) === Math.max(...known));

const TOOLS = {
  read: () => {},
  write({ path, content }) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  },
  edit({ path, oldText, newText }) {
    writeFileSync(
      path,
      readFileSync(path, 'utf8').replace(oldText, () => newText),
    );
  },
  bash({ command }) {
    try {
      execFileSync('sh', ['-c', command], { stdio: 'inherit' });
    } catch {
      console.log(`${command} failed`);
    }
  },
  submit_handoff: (claim) => writeFileSync(process.env.SWARM_HANDOFF, JSON.stringify(claim)),
};

for (const { tools = [] } of turns) for (const { name, arguments: given } of tools) TOOLS[name]?.(given);

/** `swarm play`: a file of answers served as a model, so that prompts, gates and recovery can be tried for nothing. */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { SwarmError } from '@swarm/core/errors';
import { countText } from '@swarm/core/views/words';
import {
  readScript,
  type Script,
  type ScriptedCall,
  type ScriptedServer,
  startScriptedServer,
} from '@swarm/llm';
import type { Context } from '../program/context.ts';
import type { PlayOptions } from '../program/options.ts';
import { systemClock } from '../running/clock.ts';
import { sanitizeLine } from '../telling/output.ts';

/** Serves until a signal: exit 0. What to export is the result; who asks what is narrated, a line a call. */
export async function play(file: string, options: PlayOptions, { cwd, output }: Context): Promise<number> {
  const script = await scriptIn(resolve(cwd, file), file);
  const over = Promise.race(['SIGINT', 'SIGTERM', 'SIGHUP'].map((signal) => once(process, signal)));
  const server = await served(script, portOf(options.port), (call) => output.narrate(callText(call)));
  const model = script.models[0]!;
  output.narrate(`${sanitizeLine(file)}: ${countText(script.answers.length, 'answer')}, until Ctrl-C`);
  output.result(
    options.json
      ? JSON.stringify({ url: server.url, models: script.models })
      : `export OPENAI_BASE_URL=${server.url} OPENAI_API_KEY=not-a-key SWARM_MODEL=${sanitizeLine(model)}`,
  );
  await over;
  await server.close();
  return 0;
}

async function scriptIn(path: string, named: string): Promise<Script> {
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new SwarmError(
      {
        code: 'SW0206',
        what: 'the file of answers cannot be read',
        where: named,
        why: cause.message,
        fix: 'swarm schema script   # what such a file looks like',
      },
      { cause },
    );
  });
  return readScript(text, named);
}

function portOf(typed: number | string | undefined): number {
  if (typed === undefined) return 0;
  if (typeof typed === 'number' && typed <= 65_535) return typed;
  throw new SwarmError({
    code: 'SW0105',
    what: `--port ${JSON.stringify(typed)} is no port`,
    why: 'expected a whole number from 0 (a free one) to 65535',
    fix: '--port 4400',
  });
}

async function served(
  script: Script,
  port: number,
  onRequest: (call: ScriptedCall) => void,
): Promise<ScriptedServer> {
  return startScriptedServer({ script, clock: systemClock, port, onRequest }).catch((cause: Error) => {
    throw new SwarmError(
      {
        code: 'SW0105',
        what: `cannot listen on port ${port}`,
        why: cause.message,
        fix: 'another --port, or none to get a free one',
      },
      { cause },
    );
  });
}

const callText = ({ role, task, attempt, turn, status }: ScriptedCall): string => {
  const who = task === undefined ? role : `${role} ${task}${attempt === undefined ? '' : `.${attempt}`}`;
  const said = status === 200 ? 'answered' : status === 404 ? 'no answer in the script' : `HTTP ${status}`;
  return `${sanitizeLine(who)}, turn ${turn}: ${said}`;
};

/** `swarm mcp`: a run is watched and steered by any client of the Model Context Protocol, over stdin and stdout. */
import { once } from 'node:events';
import { McpServer } from '@modelcontextprotocol/server';
import { StdioServerTransport } from '@modelcontextprotocol/server/stdio';
import * as z from 'zod';
import type { Context } from '../program/context.ts';
import type { RunChoice } from '../program/options.ts';
import { problemsOf, renderProblems } from '../telling/errors.ts';
import { toldOutput } from '../telling/told-output.ts';
import { amend } from './amend.ts';
import { cancel } from './cancel.ts';
import { explain, report, tasks } from './read.ts';
import { status } from './status.ts';
import { goOn, pause, retry, submit, tell } from './steer.ts';

const run = z.string().max(100).describe('Such as r-20261121-k3f9; without it, the newest run.').optional();
const task = z.string().max(200).describe('Such as t12.');
const text = z.string().min(1).max(20_000);

interface Tool<S extends z.ZodType> {
  readonly name: string;
  readonly does: string;
  readonly takes: S;
  /** It changes nothing. */
  readonly isRead?: true;
  call(given: z.infer<S>, choice: RunChoice, context: Context): Promise<number>;
}
const tool = <S extends z.ZodType>(one: Tool<S>): Tool<S> => one;

/** Each does what the command of that name does. */
const TOOLS = [
  tool({
    name: 'status',
    does: 'Where a run stands: what moves, what waits and why, what it has cost. JSON.',
    takes: z.object({ run }),
    isRead: true,
    call: (_, choice, context) => status({ ...choice, json: true }, context),
  }),
  tool({
    name: 'tasks',
    does: 'The tasks of a run with their states. JSON.',
    takes: z.object({ run }),
    isRead: true,
    call: (_, choice, context) => tasks({ ...choice, json: true }, context),
  }),
  tool({
    name: 'explain',
    does: 'One task’s whole story as sentences.',
    takes: z.object({ run, task }),
    isRead: true,
    call: (given, choice, context) => explain(given.task, choice, context),
  }),
  tool({
    name: 'report',
    does: 'What a run did, with every figure counted from landed work.',
    takes: z.object({ run }),
    isRead: true,
    call: (_, choice, context) => report({ ...choice, format: 'md' }, context),
  }),
  tool({
    name: 'submit',
    does: 'Gives a live run one more task. The first line of the text is its title.',
    takes: z.object({
      run,
      text,
      scope: z.array(z.string()).max(100).describe('Files or globs it will touch.').optional(),
      acceptance: text.describe('What must be true when it is done.').optional(),
      verify: text.describe('A command; exit 0 means it is done.').optional(),
      priority: z.int().min(1).max(10).describe('1 is the most urgent.').optional(),
      dependsOn: z.array(z.string()).max(100).describe('Tasks that must have landed first.').optional(),
    }),
    call: ({ run: _, text: words, ...more }, choice, context) =>
      submit(words, { ...choice, ...more }, context),
  }),
  tool({
    name: 'amend',
    does: 'Changes the request of a live run: its planner says what follows for the plan, and that counts at once.',
    takes: z.object({ run, text }),
    call: (given, choice, context) => amend(given.text, { ...choice, yes: true }, context),
  }),
  tool({
    name: 'retry',
    does: 'Tries a failed or cancelled task of a live run again.',
    takes: z.object({ run, task, hint: text.describe('What the next attempt is told besides.').optional() }),
    call: (given, choice, context) => retry(given.task, { ...choice, with: given.hint }, context),
  }),
  tool({
    name: 'tell',
    does: 'Says something to whoever works on a task of a live run, before its next turn; later attempts are told it too.',
    takes: z.object({ run, task, text }),
    call: (given, choice, context) => tell(given.task, given.text, choice, context),
  }),
  tool({
    name: 'cancel_task',
    does: 'Cancels a task of a live run, and what waits for it.',
    takes: z.object({ run, task }),
    call: (given, choice, context) => cancel(given.task, choice, context),
  }),
  tool({
    name: 'pause',
    does: 'Starts nothing new in a live run; what is in flight goes on to its end.',
    takes: z.object({ run }),
    call: (_, choice, context) => pause(choice, context),
  }),
  tool({
    name: 'continue',
    does: 'Ends a pause.',
    takes: z.object({ run }),
    call: (_, choice, context) => goOn(choice, context),
  }),
];

export async function mcp(options: RunChoice, version: string, context: Context): Promise<number> {
  const server = new McpServer({ name: 'swarm', version });
  for (const { name, does, takes, isRead = false, call } of TOOLS as readonly Tool<z.ZodType>[]) {
    const about = { description: does, inputSchema: takes, annotations: { readOnlyHint: isRead } };
    server.registerTool(name, about, (given) =>
      answer((told) => call(given, choiceOf(options, given), told), context),
    );
  }
  const ended = once(process.stdin, 'end');
  await server.connect(new StdioServerTransport());
  await ended;
  await server.close();
  return 0;
}

/** A run that the client names comes before the one of the command line. */
function choiceOf({ repo, run: own }: RunChoice, given: unknown): RunChoice {
  const { run: asked = own } = given as { readonly run?: string };
  return { ...(repo !== undefined && { repo }), ...(asked !== undefined && { run: asked }) };
}

/** What the command says, or why it is refused: that is the client's to read, and no fault. */
async function answer(work: (context: Context) => Promise<number>, context: Context) {
  const said: string[] = [];
  const output = toldOutput((words) => said.push(words));
  try {
    await work({ ...context, output });
  } catch (error) {
    said.push(renderProblems(problemsOf(error), output.ink));
    return { isError: true, content: [{ type: 'text' as const, text: said.join('\n') }] };
  }
  return { content: [{ type: 'text' as const, text: said.join('\n') }] };
}

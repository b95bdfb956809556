/**
 * A model that plays a file of answers: for demonstrations, for tests of a whole run, and for trying a
 * prompt or a gate without spending anything. scripted-server.ts serves it over HTTP.
 */
import { type Problem, SwarmError } from '@swarm/core/errors';
import * as z from 'zod';
import { PriceSchema } from './prices.ts';

const count = z.number().int().nonnegative();

const AnswerSchema = z
  .strictObject({
    /** Which role asks. */
    role: z.enum(['planner', 'worker', 'reconciler', 'reviewer']),
    /** `t12`: that task. Any other text: a part of the first user message, such as the task's title. */
    task: z.string().min(1).optional(),
    /** Which attempt at the task: 1, 2, 3 … */
    attempt: count.min(1).optional(),
    /**
     * For a worker: how many assistant messages the request carries. For the planner: how many of its calls
     * were answered before. Both from 0.
     */
    turn: count.optional(),
    text: z.string().optional(),
    /** `arguments` is sent as JSON; a string is sent as it stands, so that a model's bad JSON can be played. */
    tools: z
      .array(
        z.strictObject({
          name: z.string().min(1),
          arguments: z.union([z.string(), z.record(z.string(), z.unknown())]),
        }),
      )
      .min(1)
      .optional(),
    /** Before the first byte. */
    delayMs: count.max(3_600_000).optional(),
    /** Characters of text in each piece of the stream; 64 when absent. */
    chunkChars: count.min(1).optional(),
    /** Before each piece of the stream. */
    chunkDelayMs: count.max(60_000).optional(),
    /** Tokens; counted from characters when absent. */
    usage: z.strictObject({ input: count, output: count }).optional(),
    /** An HTTP failure instead of the answer; with `times`, only that often for each conversation. */
    fail: z
      .strictObject({
        status: z.number().int().min(400).max(599),
        retryAfter: count.optional(),
        times: count.min(1).optional(),
      })
      .optional(),
    /** Tears the connection after this many characters. */
    cut: count.optional(),
  })
  .refine((a) => a.text !== undefined || a.tools !== undefined || (a.fail && a.fail.times === undefined), {
    message: 'says nothing: give it text, tools, or fail without times',
  });

const ScriptSchema = z.strictObject({
  models: z.array(z.string().min(1)).min(1).default(['scripted']),
  /** US dollars per million tokens, by model: lets a money budget be tried. */
  prices: z.record(z.string(), PriceSchema).optional(),
  answers: z.array(AnswerSchema),
});

export type Script = z.infer<typeof ScriptSchema>;

/** JSON Schema (2020-12) of the file, for editors; that an answer must say something is checked on top. */
export function scriptSchema(): Record<string, unknown> {
  const { $schema, ...schema } = z.toJSONSchema(ScriptSchema, { io: 'input' });
  return { $schema, title: 'answers of a scripted model', ...schema };
}

export type ScriptedAnswer = z.infer<typeof AnswerSchema>;

/** Who asks, and where in their conversation they are. */
export interface ScriptQuery {
  readonly role: string;
  readonly task?: string | undefined;
  readonly attempt?: number | undefined;
  readonly turn: number;
  readonly firstUserMessage: string;
  /** Places in `answers` already given in this conversation (same role, task and attempt). */
  readonly given: ReadonlySet<number>;
}

/** @throws SwarmError SW0206, one problem for each mistake. @param where the file, for messages. */
export function readScript(json: string, where: string): Script {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw new SwarmError(wrong(where, (cause as Error).message), { cause });
  }
  const parsed = ScriptSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new SwarmError(
    parsed.error.issues.map((issue) => wrong(`${where}: ${pathOf(issue.path)}`, issue.message)),
  );
}

const wrong = (where: string, why: string): Problem => ({
  code: 'SW0206',
  what: 'the scripted model’s file cannot be played',
  where,
  why,
  fix: 'swarm schema script   # {"answers": [{"role": "worker", "task": "t1", "turn": 0, "text": "…"}]}',
});

/** `['answers', 3, 'tools', 0]` → `answers[3].tools[0]`. */
const pathOf = (path: readonly PropertyKey[]): string =>
  path.map((p, i) => (typeof p === 'number' ? `[${p}]` : `${i > 0 ? '.' : ''}${String(p)}`)).join('') ||
  'the file';

/**
 * Finds the answer, and its place in the file. Every field an answer gives must match. Among those that do,
 * one with `task` goes before one without, then one with `attempt`, then one with `turn`. Among equals, the
 * first in the file that this conversation has not had; when it has had them all, the last of them again. Whoever only
 * tries whether there is an answer (`swarm doctor`) needs none in the file.
 */
export function scriptedAnswer(
  script: Script,
  query: ScriptQuery,
): { readonly answer: ScriptedAnswer; readonly place: number } | undefined {
  if (query.role === 'probe') return { answer: { role: 'planner', text: 'yes' }, place: -1 };
  const matching = script.answers
    .map((answer, place) => ({ answer, place }))
    .filter(({ answer }) => matches(answer, query));
  const best = Math.max(...matching.map(({ answer }) => rankOf(answer)));
  const equals = matching.filter(({ answer }) => rankOf(answer) === best);
  return equals.find(({ place }) => !query.given.has(place)) ?? equals.at(-1);
}

function matches(answer: ScriptedAnswer, query: ScriptQuery): boolean {
  return (
    answer.role === query.role &&
    (answer.task === undefined || isTask(answer.task, query)) &&
    (answer.attempt === undefined || answer.attempt === query.attempt) &&
    (answer.turn === undefined || answer.turn === query.turn)
  );
}

/** `t1` is an id and never a part of a text: it would be found in `t12`. */
function isTask(task: string, query: ScriptQuery): boolean {
  if (task === query.task) return true;
  return !/^t\d+$/.test(task) && query.firstUserMessage.includes(task);
}

const rankOf = (a: ScriptedAnswer): number =>
  (a.task === undefined ? 0 : 4) + (a.attempt === undefined ? 0 : 2) + (a.turn === undefined ? 0 : 1);

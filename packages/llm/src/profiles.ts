/** What is known of a model by its name: how it is asked, how long it may take, how much it gives. */
import { type Problem, SwarmError } from '@swarm/core/errors';
import { BOUNDING_FIELDS } from '@swarm/core/model/dialect';
import * as z from 'zod';
import type { Deadlines } from './deadlines.ts';

const tokens = z.int().min(1).max(100_000_000);
const ms = z.int().min(1).max(86_400_000);

/** Every key may be absent: then the request, the server or our own default says. */
export const ModelProfileSchema = z.strictObject({
  /** Tokens of prompt and answer together. */
  window: tokens.optional(),
  /** The most tokens of one answer. */
  maxOutput: tokens.optional(),
  /** The name of that bound in a chat completion. */
  maxOutputField: z.enum(['max_tokens', 'max_completion_tokens']).optional(),
  reasoningEffort: z.string().min(1).max(40).optional(),
  temperature: z.number().min(0).max(2).optional(),
  firstByteMs: ms.optional(),
  idleMs: ms.optional(),
  totalMs: ms.optional(),
  /** False: a stream is asked for without `stream_options`. */
  streamOptions: z.boolean().optional(),
  /** False: one tool call an answer is asked for. */
  parallelTools: z.boolean().optional(),
  /** True: its server takes no tools. Whoever asks it describes them in text, and reads calls from text. */
  textTools: z.boolean().optional(),
  /** How a server is told what it may keep of a prompt. Absent: as its dialect does by itself. */
  cache: z.enum(['none', 'key', 'cache_control']).optional(),
  /** Fields of a request that go out as they stand; what bounds a call is not among them. */
  extraBody: z.record(z.string(), z.unknown()).optional(),
});
export type ModelProfile = z.infer<typeof ModelProfileSchema>;
/** Profiles by glob of a model's name. */
export type Profiles = Readonly<Record<string, ModelProfile>>;

/** Dated, as the prices are: models change, and the operator's own profiles go over it. */
const ProfileTableSchema = z.strictObject({
  asOf: z.iso.date(),
  note: z.string().optional(),
  profiles: z.record(z.string().min(1), ModelProfileSchema),
});

/** @throws SwarmError SW0102 with one problem for each mistake. @param where names the file in messages. */
export function readProfiles(json: string, where: string): Profiles {
  const parsed = ProfileTableSchema.safeParse(parseJson(json, where));
  if (parsed.success) return parsed.data.profiles;
  throw new SwarmError(
    parsed.error.issues.map((issue) => wrong(where, `${issue.path.join('.')}: ${issue.message}`)),
  );
}

function parseJson(json: string, where: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new SwarmError(wrong(where, (cause as Error).message), { cause });
  }
}

const wrong = (where: string, why: string): Problem => ({
  code: 'SW0102',
  what: 'the table of model profiles cannot be used',
  where,
  why,
  fix: 'write profiles of your own as [models.profiles."<glob>"] in the configuration, and install swarm again',
});

/** Key by key, the longest glob that says anything wins. @param tables later ones go over earlier ones. */
export function profileOf(model: string, ...tables: readonly Profiles[]): ModelProfile {
  const fitting = tables.flatMap((table) =>
    Object.entries(table)
      .filter(([glob]) => fits(glob, model))
      .sort(([a], [b]) => a.length - b.length || (a < b ? -1 : 1)),
  );
  return Object.assign({}, ...fitting.map(([, profile]) => profile)) as ModelProfile;
}

/** How long a call of the model may take, where that is known. */
export const deadlinesOf = ({ firstByteMs, idleMs, totalMs }: ModelProfile): Partial<Deadlines> => ({
  ...(firstByteMs !== undefined && { firstByteMs }),
  ...(idleMs !== undefined && { idleMs }),
  ...(totalMs !== undefined && { totalMs }),
});

/** `*` is any text, `?` any character. Without an expression, so that no glob can run away. */
function fits(glob: string, name: string): boolean {
  let [g, n, star, mark] = [0, 0, -1, 0];
  while (n < name.length) {
    if (glob[g] === '*') {
      star = g++;
      mark = n;
    } else if (g < glob.length && (glob[g] === '?' || glob[g] === name[n])) {
      g++;
      n++;
    } else if (star >= 0) {
      g = star + 1;
      n = ++mark;
    } else return false;
  }
  while (glob[g] === '*') g++;
  return g === glob.length;
}

/** An extra goes over what is there; of two objects, key by key. */
export function withExtra(
  body: Readonly<Record<string, unknown>>,
  extra: ModelProfile['extraBody'] = {},
): Readonly<Record<string, unknown>> {
  const merged: Record<string, unknown> = { ...body };
  for (const [name, value] of Object.entries(extra)) {
    if (BOUNDING_FIELDS.has(name)) continue;
    const known = merged[name];
    merged[name] = isTable(value) ? { ...(isTable(known) && known), ...allowed(value) } : value;
  }
  return merged;
}

const isTable = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const allowed = (table: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(Object.entries(table).filter(([name]) => !BOUNDING_FIELDS.has(name)));

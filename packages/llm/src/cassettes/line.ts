/**
 * A cassette is what one run asked of models and what it was answered: a file, one JSON value a line. The first line
 * says which run it was. Each later line is one call, written when the call ended, so that a kill leaves whole lines.
 *
 * What must stay true:
 * - It is recorded at the one place every call goes through, the endpoint's own `send`: planner, reconciler, built-in agent
 *   and foreign agents alike, in every dialect, with each try that failed. So a replay runs through our readers again.
 * - Secrets that are known are taken out before a line is written (`cleaning.ts`), places of this machine are named.
 * - A request is matched by who asks and by what is asked, never by its number in the file: workers meet in another
 *   order each time. What differs between two runs by itself is named before two requests are compared (`sameness.ts`).
 * - Answers end in the recorded order where that order can be had, and never later than they did (`order.ts`).
 * - A request that no line holds is the first divergence. It is told with the words that differ, and nothing more is played.
 * - A file from elsewhere is hostile: every line is bounded and read by these schemas before anything is played.
 */
import { DIALECT_NAMES } from '@swarm/core/model/dialect';
import * as z from 'zod';

/** A longer line is no line of ours: a request and an answer have 32 MiB each, and JSON may double them. */
export const LINE_BYTES_MAX = 160 * 1024 * 1024;
export const CALLS_MAX = 1_000_000;

const word = z.string().min(1).max(200);
/** What may stand in an HTTP header. */
const header = z
  .string()
  .max(4_096)
  .regex(/^[\x20-\x7e]*$/, 'holds what no HTTP header can carry');
const count = z.number().int().nonnegative();

export const HeadSchema = z.strictObject({
  kind: z.literal('cassette'),
  v: z.literal(1),
  /** The version of swarm that recorded it. */
  swarm: word,
  run: word,
  at: word,
  mode: z.enum(['planner', 'plan']),
  request: z.string().max(64 * 1024 * 1024),
  /** The commit the target was at. */
  base: z.string().regex(/^[0-9a-f]{40,64}$/, 'is no commit'),
  /** Flags that decide what is asked, and what they came to. */
  settings: z.record(word, z.string().max(64 * 1024)),
  models: z.strictObject({ planner: word, worker: word, reconciler: word, reviewer: word }),
  endpoints: z
    .array(
      z.strictObject({
        name: word,
        dialect: z.enum(DIALECT_NAMES),
        weight: z.number().min(0).max(1_000_000),
        /** Accounts at one server are asked in their order. */
        accountOf: word.exactOptional(),
      }),
    )
    .max(64),
});

/** What a run that replays it has to know before it begins. */
export type Head = z.infer<typeof HeadSchema>;

const Who = z.strictObject({ role: word, task: word.optional(), attempt: word.optional() });
export type Who = z.infer<typeof Who>;

const Ask = z.strictObject({
  /** After the endpoint's base URL. */
  path: z.string().max(4_096),
  /** Of those that change the answer. */
  headers: z.record(word, header),
  body: z.record(z.string(), z.unknown()),
});
export type Ask = z.infer<typeof Ask>;

const Answer = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('answered'),
    status: z.number().int().min(200).max(599),
    headers: z.record(word, header),
    /** As they came. */
    pieces: z.array(z.string()),
    /** `left`: the reader wanted no more. `broken`: the connection, or a deadline. */
    end: z.enum(['whole', 'left', 'broken']),
    why: z.string().max(4_096).optional(),
  }),
  /** No answer began. */
  z.strictObject({ kind: z.literal('failed'), why: z.string().max(4_096) }),
]);
export type Answer = z.infer<typeof Answer>;

export const CallSchema = z.strictObject({
  kind: z.literal('call'),
  who: Who,
  endpoint: word,
  /** Ticks of one counter over all calls: when it was asked, when it ended. */
  from: count,
  to: count,
  /** From the question to the end of its answer. */
  ms: z.number().nonnegative().max(86_400_000),
  ask: Ask,
  answer: Answer,
});
export type Call = z.infer<typeof CallSchema>;

/** The recorded run was stopped and taken up again: what was under way between is missing. */
export const ResumedSchema = z.strictObject({ kind: z.literal('resumed'), at: word });
export type Resumed = z.infer<typeof ResumedSchema>;

export const lineText = (line: Head | Call | Resumed): string => `${JSON.stringify(line)}\n`;

/** The role of small calls that look whether an endpoint lives. */
export const PROBE = 'probe';

export const whoText = ({ role, task, attempt }: Who): string =>
  [role, attempt ?? task].filter(Boolean).join(' of ');

/** Headers of an answer that are read anywhere. */
export const KEPT_HEADERS = ['content-type', 'retry-after', 'x-swarm-endpoint'] as const;

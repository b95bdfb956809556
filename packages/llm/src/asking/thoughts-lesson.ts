/**
 * Thoughts that a server does not take: sealed for another account, whose answer they came with. They are left out by
 * name, so that what the new account thinks is still sent back. Once learnt, the refusal is paid for once.
 */
import { createHash } from 'node:crypto';
import { type Body, isObject, objectsIn } from '../dialects/kinds.ts';
import type { Said } from '../failures.ts';
import type { Lesson } from './lesson.ts';

const NOT_OURS =
  /encrypted[ _`]*content\b.{0,2000}(could not be (verified|decrypted)|not issued to this caller|did not match)|invalid.{0,3}signature.{0,3} in .{0,3}(redacted_)?thinking/is;
/** A refusal that says more before it comes to the point is another. */
const WORDS_MAX = 8_000;
const CODE = 'invalid_encrypted_content';

export function thoughtsLesson({ code, message }: Said, body: Body): Lesson | undefined {
  if (code !== CODE && !NOT_OURS.test(message.slice(0, WORDS_MAX))) return undefined;
  const sealed = new Set(thoughtsIn(body).map(sealOf));
  if (sealed.size === 0) return undefined;
  const name = createHash('sha256')
    .update([...sealed].join())
    .digest('hex')
    .slice(0, 12);
  return {
    key: `without thoughts ${name}`,
    told: 'what was thought at another account is not sent to this one',
    change: (asked) => without(asked, sealed),
  };
}

const isThought = ({ type }: Body): boolean =>
  type === 'reasoning' || type === 'compaction' || type === 'thinking' || type === 'redacted_thinking';

/** Items of responses, and blocks of messages. */
const thoughtsIn = ({ input, messages }: Body): readonly Body[] =>
  [...objectsIn(input), ...objectsIn(messages).flatMap(({ content }) => objectsIn(content))].filter(
    isThought,
  );

/** What nobody else could have written. */
const sealOf = (thought: Body): string =>
  String(thought.encrypted_content ?? thought.signature ?? thought.data ?? JSON.stringify(thought)).slice(
    -64,
  );

function without(body: Body, sealed: ReadonlySet<string>): Body {
  const isKept = (item: Body): boolean => !isThought(item) || !sealed.has(sealOf(item));
  return {
    ...body,
    ...(Array.isArray(body.input) && { input: objectsIn(body.input).filter(isKept) }),
    ...(Array.isArray(body.messages) && {
      messages: objectsIn(body.messages).map((one) => turn(one, isKept)),
    }),
  };
}

/** A turn of nothing but thoughts has to say something. */
function turn(message: Body, isKept: (block: Body) => boolean): Body {
  if (!isObject(message) || !Array.isArray(message.content)) return message;
  const kept = objectsIn(message.content).filter(isKept);
  return { ...message, content: kept.length > 0 ? kept : [{ type: 'text', text: '(thought)' }] };
}

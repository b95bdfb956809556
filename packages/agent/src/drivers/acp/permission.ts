/**
 * What an agent that asks for leave is told. Everything is allowed: the sandbox is what contains it. Once comes before
 * always, because some agents write what is allowed for good into the work tree.
 */
import * as z from 'zod';

const askSchema = z.object({
  options: z.array(z.object({ optionId: z.string().max(1_000), kind: z.string() })).max(100),
});
const ALLOWING = ['allow_once', 'allow_always'];

export type Permission = { readonly outcome: 'selected'; readonly optionId: string } | undefined;

/** By the kind of an option, never by its name. Undefined: none of them allows it. */
export function permissionFor(params: unknown): Permission {
  const options = askSchema.safeParse(params).data?.options ?? [];
  const [best] = ALLOWING.flatMap((kind) => options.filter((option) => option.kind === kind));
  return best && { outcome: 'selected', optionId: best.optionId };
}

/** What a person says to a run: read, bounded, and decided by the run itself. */
import { type Asked, CLOSE, type Run, type Served, TOO_BUSY } from './asked.ts';
import { readJson } from './body.ts';
import { FULL } from './busy.ts';
import type { Trouble } from './ports.ts';
import { json, type Reply, refusal } from './reply.ts';

/** @param how a command; landings to take back; a change of the request that is only thought through. */
export async function said(
  { source }: Run,
  { request }: Asked,
  { busy }: Served,
  how: 'ask' | 'undo' | 'propose',
): Promise<Reply> {
  const reading = await readJson(request);
  if (reading.kind === 'no') {
    const trouble: Trouble = { code: 'SW0101', what: reading.what, fix: 'docs/serve.md shows one of each' };
    return refusal(reading.status, trouble, reading.status === 413 ? CLOSE : {});
  }
  // A gate or a model may take longer than a connection is kept on which nothing moves.
  if (how !== 'ask') request.socket.setTimeout(0);
  const answered = await busy.command(() => source[how](reading.value));
  if (answered === FULL) return TOO_BUSY;
  switch (answered.kind) {
    case 'decided':
    case 'proposed': {
      const { kind: _, ...rest } = answered;
      return json({ run: source.run, ...rest });
    }
    case 'refused':
      return refusal(409, answered.trouble);
    case 'malformed':
      return refusal(422, answered.trouble);
  }
}

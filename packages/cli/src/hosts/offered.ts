/**
 * The message server that `swarm serve --nats` offers to the runs of its repository: a file in the operator's own state
 * directory. It counts as long as that very process is there, so a server that was killed offers nothing.
 */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SwarmError } from '@swarm/core/errors';
import { isThere, thisProcess } from '@swarm/journal';
import * as z from 'zod';
import type { RepositoryPaths } from '../finding/paths.ts';
import { writeWhole } from '../running/run-files.ts';
import type { HostsFile } from './hosts-file.ts';

const fileOf = ({ state }: Pick<RepositoryPaths, 'state'>): string => join(state, 'served-hosts.json');

const path = z.string().startsWith('/').optional();
const schema = z.object({
  v: z.literal(1),
  pid: z.number().int().positive(),
  started: z.string().max(100).optional(),
  hosts: z.object({ url: z.string().min(1).max(2_000), creds: path, ca: path, cert: path, key: path }),
});

/** @returns what takes the offer back. The last of several servers is who offers. */
export async function offerHosts(
  repository: Pick<RepositoryPaths, 'state'>,
  hosts: HostsFile,
): Promise<() => Promise<void>> {
  const file = fileOf(repository);
  const own = JSON.stringify({ v: 1, ...(await thisProcess()), hosts });
  await writeWhole(file, `${own}\n`, 0o600);
  return async () => {
    const now = await readFile(file, 'utf8').catch(() => '');
    if (now.trim() === own) await rm(file, { force: true });
  };
}

/** Undefined: nobody offers any. Errors: SW0701 for what swarm did not write. */
export async function offeredHosts(
  repository: Pick<RepositoryPaths, 'state'>,
): Promise<{ readonly hosts: HostsFile; readonly pid: number } | undefined> {
  const text = await readFile(fileOf(repository), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const { hosts, pid, started } = parse(text, fileOf(repository));
  const isOffered = await isThere({ pid, ...(started !== undefined && { started }) });
  return isOffered ? { hosts: hosts as HostsFile, pid } : undefined;
}

function parse(text: string, where: string): z.infer<typeof schema> {
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new SwarmError(
      {
        code: 'SW0701',
        what: 'what swarm serve offers to runs cannot be read',
        where,
        why: (cause as Error).message.split('\n', 1)[0]!.slice(0, 200),
        fix: `rm ${where}   # then swarm serve --nats … again`,
      },
      { cause },
    );
  }
}

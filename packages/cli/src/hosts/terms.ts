/** What a host has to know of a run to work for it. Home writes it, and a host reads it by schema. */
import { basename } from 'node:path';
import { SwarmError } from '@swarm/core/errors';
import { type CommitId, parseCommitId, parseRunId, type RunId } from '@swarm/core/model/ids';
import * as z from 'zod';
import type { Config } from '../config/resolved.ts';
import type { RunFile } from '../running/run-file.ts';

export interface Terms {
  readonly run: RunId;
  readonly base: CommitId;
  /** The same for all runs of one repository: what a host has of it serves the next run. */
  readonly repository: string;
  readonly identity: { readonly name: string; readonly email: string };
  readonly config: Config;
  readonly agents: readonly string[];
  /** Agents are given a token for the home's gateway. */
  readonly hasModels: boolean;
}

/** Neither keys nor where they are found, nor servers that would run outside a sandbox. */
export function termsOf(file: RunFile, base: CommitId, state: string): Terms {
  const { mcp: _mcp, notify: _notify, boxes: _boxes, endpoints, ...config } = file.config;
  return {
    run: file.run,
    base,
    repository: basename(state),
    identity: file.identity,
    config: {
      ...config,
      endpoints: endpoints.map(({ name, dialect, weight, accountOf }) => ({
        name,
        baseUrl: 'http://home.invalid',
        weight,
        dialect,
        ...(accountOf && { accountOf }),
      })),
    } as Config,
    agents: file.agents ?? [],
    hasModels: endpoints.length > 0,
  };
}

const schema = z.object({
  run: z.string().refine((run) => parseRunId(run) !== undefined),
  base: z.string().refine((commit) => parseCommitId(commit) !== undefined),
  repository: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,120}$/),
  identity: z.object({ name: z.string().max(200), email: z.string().max(200) }),
  config: z.looseObject({
    workers: z.looseObject({}),
    agent: z.looseObject({ driver: z.string() }),
    endpoints: z.array(z.looseObject({})),
    models: z.looseObject({}),
  }),
  agents: z.array(z.string().max(100)).max(100),
  hasModels: z.boolean(),
});

/** Errors: SW0341. Whatever names a key or a program outside the sandbox is not taken over, whoever wrote it. */
export function readTerms(value: unknown): Terms {
  const read = schema.safeParse(value);
  if (!read.success)
    throw new SwarmError({
      code: 'SW0341',
      what: 'the run’s home does not say what it should',
      why: z.prettifyError(read.error).split('\n', 1)[0]!,
    });
  const { config, ...rest } = read.data;
  const { mcp: _mcp, notify: _notify, boxes: _boxes, endpoints, ...known } = config;
  const bare = endpoints.map(({ name, dialect, weight, baseUrl, accountOf }) => ({
    name,
    dialect,
    weight,
    baseUrl,
    ...(typeof accountOf === 'string' && { accountOf }),
  }));
  return { ...rest, config: { ...known, endpoints: bare } } as unknown as Terms;
}

/** run.json: everything a run was opened with, pinned, so that `swarm resume` needs no flag. */
import { readFile } from 'node:fs/promises';
import { SwarmError } from '@swarm/core/errors';
import { parseRunId, type RunId } from '@swarm/core/model/ids';
import type { DeliverTo, RunMode } from '@swarm/core/model/request';
import type { ForeignWorker } from '@swarm/core/rules/foreign';
import type { RemoteBranch } from '@swarm/git';
import { PROVIDER_NAMES, type ProviderName } from '@swarm/sandbox';
import * as z from 'zod';
import type { Config } from '../config/resolved.ts';
import type { RunPaths } from '../finding/paths.ts';
import type { HostsFile } from '../hosts/hosts-file.ts';
import { writeWhole } from './run-files.ts';

export interface RunFile {
  readonly v: 1;
  readonly run: RunId;
  readonly openedAt: string;
  readonly version: string;
  readonly mode: RunMode;
  readonly repository: string;
  readonly isBare: boolean;
  readonly target: string;
  readonly landOn: string;
  readonly deliver: DeliverTo;
  /** Where every landing is pushed to, with `deliver: 'push'`. Its address stays in the repository's configuration. */
  readonly remote?: RemoteBranch;
  /** One pull request at its end, or one for each task; with `deliver: 'pr'`. Which forge, the remotes say each time. */
  readonly pull?: { readonly isStacked?: true; readonly isDraft?: true };
  /** The run whose pull request it works on, and what that was for: its branch is this run's target. */
  readonly follows?: { readonly run: RunId; readonly target: string };
  /** The issue that asked for it. */
  readonly issue?: { readonly number: number; readonly url: string };
  readonly gate: string | null;
  /** The gate before the operator named another: the journal says so until it has the change. */
  readonly gateBefore?: string | null;
  readonly setup: string | null;
  readonly sandbox: ProviderName;
  /** The operator wanted a base whose failures cannot be told apart. */
  readonly fixRed?: true;
  readonly identity: { readonly name: string; readonly email: string };
  /** What lands is signed; how and with which key the operator's git configuration says each time. */
  readonly signs?: true;
  /** Hash of each prompt as it was when the run opened. */
  readonly promptHashes: Readonly<Record<string, string>>;
  readonly configHash: string;
  /** Workers elsewhere that do its tasks too, as they were registered when it opened. */
  readonly bridge?: { readonly url: string; readonly workers: readonly ForeignWorker[] };
  /** Agents by name that were there when the run opened, with an endpoint they can ask. */
  readonly agents?: readonly string[];
  readonly config: Config;
  /** Where a live run listens; absent in one that never was live under a version with commands that steer. */
  readonly control?: string;
  /** The first plan waits for a person's yes. */
  readonly approve?: true;
  /** Hosts do its attempts, and how they are found. */
  readonly hosts?: HostsFile;
  /** Where its model calls are recorded, or what they are answered from; an absolute path. */
  readonly cassette?: { readonly mode: 'record' | 'replay'; readonly path: string };
}

// The configuration was validated when it was written; what matters here is that nobody cut or swapped the file.
const schema = z.looseObject({
  v: z.literal(1),
  run: z.string().refine((r) => parseRunId(r) !== undefined),
  version: z.string(),
  mode: z.enum(['planner', 'plan', 'land']),
  repository: z.string(),
  isBare: z.boolean(),
  target: z.string(),
  landOn: z.string(),
  deliver: z.enum(['branch', 'apply', 'push', 'pr']),
  remote: z.object({ remote: z.string(), branch: z.string() }).optional(),
  pull: z.object({ isStacked: z.literal(true).optional(), isDraft: z.literal(true).optional() }).optional(),
  follows: z
    .object({ run: z.string().refine((r) => parseRunId(r) !== undefined), target: z.string() })
    .optional(),
  issue: z.object({ number: z.int().positive(), url: z.string().max(2_000) }).optional(),
  gate: z.string().nullable(),
  gateBefore: z.string().nullable().optional(),
  setup: z.string().nullable(),
  sandbox: z.enum(PROVIDER_NAMES),
  identity: z.object({ name: z.string(), email: z.string() }),
  signs: z.literal(true).optional(),
  configHash: z.string(),
  control: z.string().startsWith('/').optional(),
  approve: z.literal(true).optional(),
  cassette: z.object({ mode: z.enum(['record', 'replay']), path: z.string().startsWith('/') }).optional(),
  agents: z.array(z.string()).optional(),
  bridge: z
    .object({
      url: z.url({ protocol: /^https?$/ }),
      workers: z.array(z.object({ name: z.string(), capabilities: z.array(z.string()) })),
    })
    .optional(),
  hosts: z.looseObject({ url: z.string() }).optional(),
  config: z.looseObject({ workers: z.looseObject({}), gate: z.looseObject({}), agent: z.looseObject({}) }),
});

export const writeRunFile = (paths: RunPaths, file: RunFile): Promise<void> =>
  writeWhole(paths.runJson, `${JSON.stringify(file, null, 2)}\n`);

/** Errors: SW0203 when it is missing or not what was written. */
export async function readRunFile(paths: RunPaths): Promise<RunFile> {
  try {
    const value: unknown = JSON.parse(await readFile(paths.runJson, 'utf8'));
    schema.parse(value);
    return value as RunFile;
  } catch (error) {
    throw new SwarmError(
      {
        code: 'SW0203',
        what: 'the run’s own description cannot be read',
        where: paths.runJson,
        why:
          error instanceof z.ZodError ? z.prettifyError(error).split('\n', 1)[0]! : (error as Error).message,
        fix: 'swarm run … starts a new run; the landed work is on the run’s branch',
      },
      { cause: error },
    );
  }
}

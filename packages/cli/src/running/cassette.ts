/** The cassette of a run: what it records, or what it is answered from. */
import {
  type CassetteHead,
  type Clean,
  cleaner,
  type EndpointConfig,
  openTape,
  type Place,
  type PlayerOptions,
  resumeRecorder,
  startPlayer,
  startRecorder,
} from '@swarm/llm';
import type { Halt } from '@swarm/orchestrator';
import type { RepositoryPaths } from '../finding/paths.ts';
import { systemClock } from './clock.ts';
import type { ComposeAsk } from './compose-ask.ts';
import { modelNames } from './models.ts';
import { replayFlags } from './replay-flags.ts';

/** Stands between a run and its endpoints. */
export interface Cassette {
  readonly over: (endpoint: EndpointConfig) => EndpointConfig;
  close(): Promise<void>;
}

/** Of a run that neither records nor replays. */
const NONE: Cassette = { over: (endpoint) => endpoint, close: async () => {} };

export interface CassetteParts {
  /** Takes out every secret that is known by then. */
  readonly redact: Clean;
  /** The commit the run began at. */
  readonly base: string;
  readonly halt: (halt: Halt) => void;
  readonly onDrift: PlayerOptions['onDrift'];
}

/** Errors: SW0101 and SW0701 for a file that cannot be made, SW0207 for one that cannot be played or gone on with. */
export async function openCassette(ask: ComposeAsk, parts: CassetteParts): Promise<Cassette> {
  const { cassette } = ask.file;
  if (cassette === undefined) return NONE;
  const places = placesOf(ask.repository);
  const shared = { clean: cleaner(parts.redact, places), clock: systemClock };
  if (cassette.mode === 'replay') return replaying(cassette.path, { ...shared, places }, parts);
  const onFault = (detail: string): void => parts.halt({ why: 'unrecorded', detail });
  const options = { ...shared, path: cassette.path, onFault };
  return ask.opening
    ? startRecorder(options, headOf(ask, parts))
    : resumeRecorder(options, ask.file.run, nowText());
}

async function replaying(
  path: string,
  shared: { readonly clean: Clean; readonly clock: typeof systemClock; readonly places: readonly Place[] },
  { halt, onDrift }: CassetteParts,
): Promise<Cassette> {
  const tape = await openTape(path);
  return startPlayer({
    ...shared,
    tape,
    onDrift,
    onDivergence: ({ text }) => halt({ why: 'diverged', detail: text }),
  });
}

/** Folders whose names may stand in a prompt or in what a command printed. */
const placesOf = ({ state, repository }: RepositoryPaths): readonly Place[] => [
  { name: '<swarm-state>', path: state },
  { name: '<repository>', path: repository },
];

const nowText = (): string => new Date(systemClock.now()).toISOString();

function headOf({ file, opening }: ComposeAsk, { base }: CassetteParts): CassetteHead {
  return {
    kind: 'cassette',
    v: 1,
    swarm: file.version,
    run: file.run,
    at: nowText(),
    mode: opening!.mode === 'plan' ? 'plan' : 'planner',
    request: opening!.text,
    base,
    settings: replayFlags(file),
    models: modelNames(file),
    endpoints: file.config.endpoints.map(({ name, dialect, weight, accountOf }) => ({
      name,
      dialect,
      weight,
      ...(accountOf && { accountOf }),
    })),
  };
}

/** What is known of one coding agent: a row of the table in presets.ts. */
import type { DialectName } from '@swarm/core/model/dialect';

/** The processors agents are built for. */
export type Processor = 'x64' | 'arm64';

/** Agents swarm starts by their names. */
export const PRESET_NAMES = ['claude', 'codex', 'gemini', 'opencode', 'qwen', 'copilot', 'pi'] as const;
export type PresetName = (typeof PRESET_NAMES)[number];

export const isPreset = (name: string): name is PresetName =>
  (PRESET_NAMES as readonly string[]).includes(name);

export interface Preset {
  readonly name: PresetName;
  /** The program as it is called on a PATH. */
  readonly program: string;
  /** As npm has it: the version that was tried, and its programs below the folder it is installed in, best first. */
  readonly npm: {
    readonly package: string;
    readonly version: string;
    readonly programs: (processor: Processor) => readonly string[];
  };
  /** What it asks its model in. An endpoint of this dialect is needed: nothing is translated. */
  readonly dialect: DialectName;
  /** How it is started without a person; its prompt comes on stdin, as arguments are bounded. */
  readonly start: (ask: PresetAsk) => Start;
  readonly read: ReadStream;
  /** A call of its tool that runs a shell command, as its model would make it: for trying the agent. */
  readonly shellCall: (command: string) => {
    readonly name: string;
    readonly arguments: Record<string, unknown>;
  };
}

export interface PresetAsk {
  readonly model: string;
  /** Tokens of the model's window, where that is known. */
  readonly windowTokens?: number | undefined;
}

/** In every text `{gateway}`, `{token}` and `{home}` stand for the gateway's address, the attempt's token and the home. */
export interface Start {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Settings, by path below the home: what it does by itself is switched off. */
  readonly files: Readonly<Record<string, string>>;
}

/** One line of its stream, as JSON, in our words. What is not known says nothing. */
export type ReadStream = (line: Readonly<Record<string, unknown>>) => readonly Said[];

export type Said =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'called'; readonly id: string; readonly tool: string; readonly detail: string }
  /** `tool` and `detail` where it tells a call and its result at once. */
  | {
      readonly kind: 'result';
      readonly id: string;
      readonly isOk: boolean;
      readonly output: string;
      readonly tool?: string;
    }
  /** It ended by itself. */
  | { readonly kind: 'ended' }
  /** It gave up, and says why. A later end of its own takes this back. */
  | { readonly kind: 'failed'; readonly why: string };

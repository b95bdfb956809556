/** The flags of each command, as they were typed. */
import type { Level } from '@swarm/core/log-events';

/** Flags of every command that acts on a run; `run` names one, else the newest. */
export interface RunChoice {
  readonly repo?: string | undefined;
  readonly run?: string | undefined;
  readonly json?: true | undefined;
}

/** Flags of `swarm run`, as typed: configuration flags are checked by the schema, under their own names. */
export interface RunOptions extends NatsOptions {
  readonly repo?: string | undefined;
  readonly target?: string | undefined;
  readonly deliver?: string | undefined;
  /** A pull request for each task. */
  readonly stack?: true | undefined;
  readonly requestFile?: string | undefined;
  readonly plan?: string | undefined;
  /** The request is the only task; nobody plans. */
  readonly solo?: true | undefined;
  /** Text where it is no whole number: the schema says so. */
  readonly workers?: number | string | undefined;
  /** As it stands with `workers`. */
  readonly depth?: number | string | undefined;
  readonly agent?: string | undefined;
  readonly gate?: string | undefined;
  readonly setup?: string | undefined;
  readonly setupNetwork?: string | undefined;
  readonly sandbox?: string | undefined;
  readonly budget?: string | undefined;
  readonly time?: string | undefined;
  /** As `workers`. */
  readonly reviewers?: number | string | undefined;
  /** Begin although the gate fails on the base and its failures cannot be told apart. */
  readonly fixRed?: true | undefined;
  readonly approve?: true | undefined;
  readonly yes?: true | undefined;
  readonly dryRun?: true | undefined;
  /** Files: what models are asked and answer is written into one, or read from it. */
  readonly record?: string | undefined;
  readonly replay?: string | undefined;
  readonly strict?: true | undefined;
  /** A file of criteria. */
  readonly accept?: string | undefined;
  readonly trustRepo?: true | undefined;
  /** Its page is served meanwhile. */
  readonly serve?: true | undefined;
  /** Where the bridge is whose workers do its tasks too: an address or a port; `true`: where swarm serve usually is. */
  readonly bridge?: string | true | undefined;
  readonly board?: true | undefined;
  /** So many hosts here, over a message server of their own. Text where it is no whole number. */
  readonly hosts?: number | string | undefined;
  readonly json?: true | undefined;
}

/** The message server over which hosts do attempts, who we are to it, and how it is known: files. */
export interface NatsOptions {
  readonly nats?: string | undefined;
  readonly natsCreds?: string | undefined;
  readonly natsCa?: string | undefined;
  readonly natsCert?: string | undefined;
  readonly natsKey?: string | undefined;
}

/** Flags of `swarm pr`. */
export interface PrOptions extends RunChoice {
  readonly stack?: true | undefined;
  readonly address?: true | undefined;
  readonly untilGreen?: true | undefined;
  readonly wait?: string | undefined;
  readonly agent?: string | undefined;
  readonly gate?: string | undefined;
}

/** Flags of `swarm watch`; those it shares with `issue` are for each of its runs. */
export type WatchOptions = Omit<
  RunOptions,
  'requestFile' | 'plan' | 'record' | 'replay' | 'approve' | 'dryRun' | 'json'
> & {
  readonly label?: string | undefined;
  readonly every?: string | undefined;
  /** Text where it is no whole number: the command says so. */
  readonly max?: number | string | undefined;
  readonly once?: true | undefined;
};

/** Flags of `swarm map`; those it shares with `run` mean the same. */
export type MapOptions = Omit<RunOptions, 'requestFile' | 'plan' | 'record' | 'replay'> & {
  readonly over?: readonly string[] | undefined;
  readonly overFile?: string | undefined;
  readonly reduce?: string | undefined;
  readonly ask?: true | undefined;
  readonly verify?: string | undefined;
};

export type ResumeOptions =
  | (RunChoice & {
      readonly strict?: true | undefined;
      readonly yes?: true | undefined;
      /** As `--budget` and `--time` of a run; only more than before. */
      readonly budget?: string | undefined;
      readonly time?: string | undefined;
      /** Another one, while nothing has landed. */
      readonly gate?: string | undefined;
      readonly board?: true | undefined;
      /** Tasks to try again. */
      readonly retry?: readonly string[] | undefined;
      readonly with?: string | undefined;
      /** False: a run that was recorded goes on without. */
      readonly record?: boolean | undefined;
      /** Asks models though a provider said that there is more only later. */
      readonly now?: true | undefined;
      /** The reference that carries it, where another machine began it, and the remote that has it. */
      readonly fromRef?: string | undefined;
      readonly from?: string | undefined;
      /** It goes on here though another machine may be at work on it. */
      readonly takeover?: true | undefined;
      /** What the run's own files pin counts, though this machine has no record of it. */
      readonly trustRun?: true | undefined;
    })
  | undefined;
export interface CancelOptions extends RunChoice {
  readonly yes?: true | undefined;
}
export interface AmendOptions extends RunChoice {
  readonly yes?: true | undefined;
}
export interface BudgetOptions extends RunChoice {
  readonly time?: string | undefined;
}
export interface RetryOptions extends RunChoice {
  readonly with?: string | undefined;
}
export interface SubmitOptions extends RunChoice {
  readonly file?: string | undefined;
  readonly scope?: readonly string[] | undefined;
  /** Text where it is no whole number: the task's schema says so. */
  readonly priority?: number | string | undefined;
  readonly dependsOn?: readonly string[] | undefined;
  readonly acceptance?: string | undefined;
  readonly verify?: string | undefined;
}

/** Flags of `swarm land`; those it shares with `run` mean the same. */
export type LandOptions = Pick<
  RunOptions,
  | 'repo'
  | 'target'
  | 'deliver'
  | 'gate'
  | 'setup'
  | 'setupNetwork'
  | 'sandbox'
  | 'time'
  | 'trustRepo'
  | 'json'
> & {
  readonly from?: string | undefined;
};

/** Of commands that work on a run: it may be shown on the board meanwhile. */
export interface BoardFlags {
  readonly board?: true | undefined;
  readonly json?: true | undefined;
}

/** Flags of `swarm board`. */
export interface BoardOptions extends Omit<RunChoice, 'json'> {
  readonly plain?: true | undefined;
}
export interface LogsOptions extends RunChoice {
  readonly follow?: true | undefined;
  readonly task?: string | undefined;
  readonly event?: string | undefined;
  readonly level?: Level | undefined;
  readonly since?: string | undefined;
}
export interface EventsOptions extends RunChoice {
  readonly follow?: true | undefined;
  readonly topic?: readonly string[] | undefined;
  /** Text where it is no whole number: the command says so. */
  readonly from?: number | string | undefined;
}
export interface ServeOptions extends Omit<RunChoice, 'run'>, NatsOptions {
  /** Text where it is no whole number: the command says so. */
  readonly port?: number | string | undefined;
  readonly host?: string | undefined;
  /** Workers of any kind may register, and be called. */
  readonly bridge?: true | undefined;
  /** The name of a worker, whose own token is told. */
  readonly workerToken?: string | undefined;
  /** As `bridge`, without the token. */
  readonly openBridge?: true | undefined;
}
export interface K8sOptions {
  readonly namespace?: string | undefined;
  readonly image?: string | undefined;
  /** Text where it is no whole number: the command says so. */
  readonly replicas?: number | string | undefined;
  /** As `replicas`. */
  readonly slots?: number | string | undefined;
  readonly nats?: string | undefined;
  readonly drain?: string | undefined;
  readonly prometheus?: string | undefined;
  readonly json?: true | undefined;
}
export interface ReportOptions extends RunChoice {
  readonly format?: 'md' | 'json' | 'html' | undefined;
}
export interface ReplayOptions extends Omit<RunChoice, 'run'> {
  readonly prompts?: string | undefined;
  /** Text where it is no whole number: there is no such iteration. */
  readonly iteration?: number | string | undefined;
  readonly yes?: true | undefined;
}
export interface DemoOptions {
  readonly json?: true | undefined;
}
export interface PlayOptions {
  /** Text where it is no whole number: the command says so. */
  readonly port?: number | string | undefined;
  readonly json?: true | undefined;
}
export interface UndoOptions extends Omit<RunChoice, 'run'> {
  /** `true`: the newest. */
  readonly run?: string | true | undefined;
  readonly withDependents?: true | undefined;
}
export interface WorkerOptions {
  readonly nats: string;
  readonly name?: string | undefined;
  readonly slots?: number | undefined;
  readonly creds?: string | undefined;
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly capability?: readonly string[] | undefined;
  readonly sandbox?: string | undefined;
  readonly state?: string | undefined;
  readonly healthPort?: number | undefined;
  readonly healthHost?: string | undefined;
  /** Its agents ask its own endpoints. */
  readonly ownModels?: true | undefined;
  readonly check?: true | undefined;
}

export interface WorkersOptions extends RunChoice {
  /** With `setup`: who of that folder is given another identity. */
  readonly rotate?: string | undefined;
  /** A folder: configuration and identities for a message server are written into it. */
  readonly setup?: string | undefined;
  readonly host?: readonly string[] | undefined;
  readonly listen?: string | undefined;
  readonly store?: string | undefined;
}

/** The operator's own programs that make a box, run something in it and take it away; and what is noted of boxes. */
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { SwarmError } from '@swarm/core/errors';
import type { RoomAsk } from '@swarm/core/ports/running';
import { askProgram } from '../ask-program.ts';
import { type BoxRecord, isAbandoned, recordIn, recordText } from './box-records.ts';

/** Programs with their arguments. `{id}`, `{workspace}` and `{image}` are filled in. */
export interface BoxChoice {
  readonly create: readonly string[];
  /** Followed by a program and its arguments. */
  readonly exec: readonly string[];
  readonly destroy: readonly string[];
  readonly image?: string;
  /** What these programs are given. */
  readonly env: Readonly<Record<string, string>>;
  /** Folder on this machine: what is left of a killed swarm is found in it. */
  readonly records: string;
}

export interface Box extends AsyncDisposable {
  readonly exec: readonly string[];
  /** Why there is no box, as a sentence. */
  create(signal: AbortSignal | undefined): Promise<string | undefined>;
}

type Shown = Pick<RoomAsk, 'workspace' | 'readOnly' | 'readWrite'>;

const CREATE_MS = 10 * 60_000;
const DESTROY_MS = 2 * 60_000;

export class Boxes {
  readonly #choice: BoxChoice;

  constructor(choice: BoxChoice) {
    this.#choice = choice;
  }

  /** Noted before anything is made, and until it is taken away. @throws SwarmError SW0304 when that fails. */
  async open(id: string, shown: Shown): Promise<Box> {
    const { records, create, exec, destroy, env } = this.#choice;
    const fill = (argv: readonly string[]) => filled(argv, id, shown, this.#choice);
    await mkdir(records, { recursive: true, mode: 0o700 });
    await writeFile(join(records, id), recordText(fill(destroy)), { mode: 0o600 });
    return {
      exec: fill(exec),
      create: (signal) => told('create', fill(create), { env, ms: CREATE_MS, signal }),
      [Symbol.asyncDispose]: () => this.#destroy(id, fill(destroy)),
    };
  }

  /** Takes away all that are noted: whoever asks is alone with the records. */
  reap(): Promise<number> {
    return this.#destroyAll(() => true);
  }

  /** Takes away what was left by others that are gone: whoever asks shares the records. */
  sweep(): Promise<number> {
    return this.#destroyAll(isAbandoned);
  }

  async #destroyAll(isLeft: (record: BoxRecord) => boolean): Promise<number> {
    const { records } = this.#choice;
    const ids = await readdir(records).catch(() => []);
    let taken = 0;
    for (const id of ids) {
      const record = await recordIn(join(records, id));
      if (!record || !isLeft(record)) continue;
      await this.#destroy(id, record.destroy);
      taken += 1;
    }
    return taken;
  }

  async #destroy(id: string, argv: readonly string[] | undefined): Promise<void> {
    const { env, records } = this.#choice;
    // Cut off while it was written: nothing was made yet.
    const why = argv && (await told('destroy', argv, { env, ms: DESTROY_MS }));
    if (why === undefined) return rm(join(records, basename(id)), { force: true });
    throw new SwarmError({
      code: 'SW0304',
      what: `the box ${id} is not taken away`,
      where: 'sandbox.command.destroy',
      why,
      fix: (argv ?? []).join(' '),
    });
  }
}

/** An argument with `{readonly}` or `{writable}` in it stands once for each path that is shown so. */
function filled(argv: readonly string[], id: string, shown: Shown, { image = '' }: BoxChoice): string[] {
  const paths = {
    readonly: [...new Set(shown.readOnly.map(({ host }) => host))],
    writable: [...new Set(shown.readWrite.map(({ host }) => host))],
  };
  const each = (argument: string, name: 'readonly' | 'writable'): string[] =>
    argument.includes(`{${name}}`)
      ? paths[name].map((path) => argument.replaceAll(`{${name}}`, () => path))
      : [argument];
  const values = { id, workspace: shown.workspace, image };
  return argv
    .flatMap((argument) => each(argument, 'readonly'))
    .flatMap((argument) => each(argument, 'writable'))
    .map((argument) =>
      argument.replaceAll(/\{(id|workspace|image)\}/g, (_, name: keyof typeof values) => values[name]),
    );
}

interface Told {
  readonly env: Readonly<Record<string, string>>;
  readonly ms: number;
  readonly signal?: AbortSignal | undefined;
}

/** Why it failed, as a sentence. It is over when the program itself ends: what it leaves running is the box. */
async function told(
  name: string,
  [file = '', ...argv]: readonly string[],
  how: Told,
): Promise<string | undefined> {
  const { failed, stderr } = await askProgram({ file, argv, ...how, leavesSomething: true });
  return failed === undefined ? undefined : `${name} (${file}) ${failed}: ${stderr}`;
}

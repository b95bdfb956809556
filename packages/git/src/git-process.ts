/** One git process that stays: what it is asked, what it said so far, and why it ended. */
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import type { Socket } from 'node:net';
import type { SwarmError } from '@swarm/core/errors';
import {
  type Failed,
  failure,
  type Git,
  type GitOptions,
  MAX_BYTES,
  type Place,
  type Subcommand,
} from './git.ts';

/** Takes an answer off the front of what has come so far; undefined while it is not whole. Throws when it is none. */
export type Reader<T> = (bytes: Buffer) => { readonly value: T; readonly length: number } | undefined;

export interface HelperCommand {
  readonly place: Place;
  readonly subcommand: Subcommand;
  readonly args: readonly string[];
  readonly options?: Pick<GitOptions, 'env' | 'config'>;
  /** A process older than this is not asked again, and one with nothing to do is ended. Default 60 s. */
  readonly lifeMs?: number;
}

const LIFE_MS = 60_000;
/** For a process to end in once its input has. */
const GRACE_MS = 1_000;
/** What is kept of git's own words. */
const STDERR_MAX = 4_000;

interface Waiting {
  /** Looks at what has come, and settles the question when it is answered. */
  readonly look: () => void;
  readonly fail: (error: SwarmError) => void;
}

/** From its start to its end; asked one question at a time. */
export class StayingProcess {
  readonly #command: HelperCommand;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #gone: Promise<void>;
  readonly #oldAt: number;
  readonly #heard = new Heard();
  #stderr = '';
  #waiting: Waiting | undefined;
  /** Why it can no longer be asked: the first cause is kept. */
  #over: SwarmError | undefined;

  constructor(git: Git, command: HelperCommand) {
    const lifeMs = command.lifeMs ?? LIFE_MS;
    this.#command = command;
    this.#oldAt = performance.now() + lifeMs;
    this.#child = git.start(command.place, command.subcommand, command.args, command.options);
    this.#gone = new Promise((resolve) => this.#listen(resolve));
    setTimeout(() => this.#waiting ?? this.end(), lifeMs).unref();
    this.#hold(false);
  }

  isUsable(): boolean {
    return !this.#over && performance.now() < this.#oldAt;
  }

  ask<T>(question: string | Buffer, read: Reader<T>, timeoutMs: number): Promise<T> {
    if (this.#over) return Promise.reject(this.#over);
    this.#hold(true);
    const late = setTimeout(() => this.#fail({ timedOut: true }), timeoutMs);
    return new Promise<T>((resolve, fail) => {
      this.#waiting = { look: () => this.#tryRead(read, resolve), fail };
      this.#child.stdin.write(question);
    }).finally(() => {
      clearTimeout(late);
      this.#waiting = undefined;
      this.#hold(false);
      if (!this.isUsable()) void this.end();
    });
  }

  /** Its input ends, and so does it. */
  end(): Promise<void> {
    this.#hold(true);
    this.#child.stdin.end();
    const late = setTimeout(() => this.#child.kill('SIGKILL'), GRACE_MS);
    return this.#gone.finally(() => clearTimeout(late));
  }

  #listen(gone: () => void): void {
    this.#child.stdin.on('error', () => undefined); // The process is gone; its end says why.
    this.#child.stdout.on('data', (chunk: Buffer) => this.#hear(chunk));
    this.#child.stderr.on('data', (chunk: Buffer) => {
      this.#stderr = `${this.#stderr}${chunk}`.slice(-STDERR_MAX);
    });
    this.#child.on('error', (error: NodeJS.ErrnoException) => {
      this.#fail({ code: error.code });
      gone();
    });
    this.#child.on('close', (exitCode, signal) => {
      this.#fail({ exitCode: exitCode ?? undefined, signal: signal ?? undefined });
      gone();
    });
  }

  #hear(chunk: Buffer): void {
    this.#heard.add(chunk);
    if (this.#heard.bytes.length > MAX_BYTES) this.#fail({ isMaxBuffer: true });
    else this.#waiting?.look();
  }

  #tryRead<T>(read: Reader<T>, resolve: (value: T) => void): void {
    try {
      const answer = read(this.#heard.bytes);
      if (!answer) return;
      this.#heard.drop(answer.length);
      resolve(answer.value);
    } catch (error) {
      this.#stderr = error instanceof Error ? error.message : String(error);
      this.#fail({ code: 'an answer that cannot be read' });
    }
  }

  #fail(how: Partial<Failed>): void {
    const { place, subcommand } = this.#command;
    this.#over ??= failure(place, subcommand, {
      timedOut: false,
      isMaxBuffer: false,
      stderr: this.#stderr,
      ...how,
    });
    this.#child.kill('SIGKILL');
    this.#waiting?.fail(this.#over);
  }

  /** An idle process must not keep ours from ending; one that owes an answer must. */
  #hold(isHeld: boolean): void {
    for (const handle of [
      this.#child,
      this.#child.stdin,
      this.#child.stdout,
      this.#child.stderr,
    ] as Socket[]) {
      if (isHeld) handle.ref();
      else handle.unref();
    }
  }
}

/** What a process said and nobody has read yet. Grows by doubling, so that a long answer is not copied per chunk. */
class Heard {
  #room = Buffer.alloc(64 * 1024);
  #from = 0;
  #to = 0;

  get bytes(): Buffer {
    return this.#room.subarray(this.#from, this.#to);
  }

  add(chunk: Buffer): void {
    if (this.#to + chunk.length > this.#room.length) this.#makeRoom(chunk.length);
    this.#to += chunk.copy(this.#room, this.#to);
  }

  drop(length: number): void {
    this.#from += length;
  }

  /** A new buffer each time: readers may hold parts of the old one. */
  #makeRoom(extra: number): void {
    const left = this.bytes;
    this.#room = Buffer.alloc(Math.max(64 * 1024, 2 * (left.length + extra)));
    this.#from = 0;
    this.#to = left.copy(this.#room);
  }
}

/** A cassette as it lies on disk, read with care: its lines are checked once, and read again when they are played. */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { SwarmError } from '@swarm/core/errors';
import type * as z from 'zod';
import {
  CALLS_MAX,
  type Call,
  CallSchema,
  type Head,
  HeadSchema,
  LINE_BYTES_MAX,
  ResumedSchema,
  type Who,
} from './line.ts';
import { askKey, looseKey, whoKey } from './sameness.ts';
import { createTeachings, type Teachings } from './taught.ts';

/** What is kept in memory of a call. */
export interface Indexed {
  /** Of the file, from 1. */
  readonly line: number;
  readonly at: number;
  readonly bytes: number;
  readonly who: Who;
  readonly whoKey: string;
  readonly askKey: string;
  readonly looseKey: string;
  readonly endpoint: string;
  readonly from: number;
  readonly to: number;
  readonly ms: number;
}

export interface Tape {
  readonly path: string;
  readonly head: Head;
  /** In the order of the file. */
  readonly calls: readonly Indexed[];
  /** The recorded run was stopped and taken up again. */
  readonly wasResumed: boolean;
  /** What the endpoints refused by name in the recorded run. */
  readonly taught: Teachings;
  /** Of a last line that a kill cut; it is not played. */
  readonly tornBytes: number;
  /** Errors: SW0207 when the line is not any more what it was. */
  call(indexed: Indexed): Promise<Call>;
  close(): Promise<void>;
}

/** Errors: SW0207 for what is no cassette, with the line that is wrong. */
export async function openTape(path: string): Promise<Tape> {
  const file = await openFile(path);
  try {
    const contents = await readAll(file, path);
    return {
      path,
      ...contents,
      async call({ at, bytes, line, askKey: was }) {
        const buffer = Buffer.alloc(bytes);
        await file.read(buffer, 0, bytes, at);
        const call = checked(CallSchema, parsed(buffer, path, line), path, line);
        if (askKey(call.ask) === was) return call;
        throw wrong(path, line, 'it was changed while it was played');
      },
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** A pipe would be waited for, and read once only. */
async function openFile(path: string): Promise<FileHandle> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    if ((await file.stat()).isFile()) return file;
    await file.close();
    throw new Error('it is no ordinary file');
  } catch (error) {
    throw new SwarmError({
      code: 'SW0207',
      what: `the cassette ${path} cannot be read`,
      where: path,
      why: (error as Error).message,
      fix: 'swarm run "what you want done" --record run.cassette   # makes one',
    });
  }
}

type Contents = Pick<Tape, 'head' | 'calls' | 'wasResumed' | 'taught' | 'tornBytes'>;

async function readAll(file: FileHandle, path: string): Promise<Contents> {
  const calls: Indexed[] = [];
  const taught = createTeachings();
  let head: Head | undefined;
  let wasResumed = false;
  let tornBytes = 0;
  for await (const { bytes, at, line, isWhole } of linesOf(file, path)) {
    if (!isWhole && isTorn(bytes)) {
      tornBytes = bytes.length;
      break;
    }
    const value = parsed(bytes, path, line);
    if (head === undefined) head = checked(HeadSchema, value, path, line);
    else if (isResumed(value)) wasResumed = true;
    else {
      const call = checked(CallSchema, value, path, line);
      calls.push(indexed(call, { at, bytes: bytes.length, line }, path));
      taught.note(call, head);
    }
    if (calls.length > CALLS_MAX) throw wrong(path, line, `it has more than ${CALLS_MAX} calls`);
  }
  if (head === undefined) throw wrong(path, 1, 'it is empty');
  return { head, calls, wasResumed, taught, tornBytes };
}

const isResumed = (value: unknown): boolean => ResumedSchema.safeParse(value).success;

/** The last line has no end: whole or not, that is how a kill leaves it. */
function isTorn(bytes: Buffer): boolean {
  try {
    JSON.parse(bytes.toString('utf8'));
    return false;
  } catch {
    return true;
  }
}

function indexed(call: Call, place: Pick<Indexed, 'at' | 'bytes' | 'line'>, path: string): Indexed {
  const { who, endpoint, from, to, ms, ask } = call;
  try {
    return {
      ...place,
      who,
      endpoint,
      from,
      to,
      ms,
      whoKey: whoKey(who),
      askKey: askKey(ask),
      looseKey: looseKey(ask),
    };
  } catch (error) {
    if (error instanceof RangeError) throw wrong(path, place.line, 'it is nested too deeply');
    throw error;
  }
}

interface Line {
  readonly bytes: Buffer;
  /** Where it begins in the file. */
  readonly at: number;
  readonly line: number;
  /** It has its line break. */
  readonly isWhole: boolean;
}

const NEWLINE = 0x0a;
const READ_BYTES = 1024 * 1024;

async function* linesOf(file: FileHandle, path: string): AsyncGenerator<Line> {
  let parts: Buffer[] = [];
  let length = 0;
  let at = 0;
  let line = 1;
  const take = (isWhole: boolean): Line => {
    const one = { bytes: Buffer.concat(parts), at, line, isWhole };
    at += length + 1;
    line += 1;
    parts = [];
    length = 0;
    return one;
  };
  const keep = (part: Buffer): void => {
    length += part.length;
    if (length > LINE_BYTES_MAX) throw wrong(path, line, `it is longer than ${LINE_BYTES_MAX} bytes`);
    parts.push(part);
  };
  for (let read = 0; ; ) {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(READ_BYTES), 0, READ_BYTES, read);
    if (bytesRead === 0) break;
    read += bytesRead;
    let rest = buffer.subarray(0, bytesRead);
    for (let end = rest.indexOf(NEWLINE); end >= 0; end = rest.indexOf(NEWLINE)) {
      keep(rest.subarray(0, end));
      yield take(true);
      rest = rest.subarray(end + 1);
    }
    keep(rest);
  }
  if (length > 0) yield take(false);
}

function parsed(bytes: Buffer, path: string, line: number): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    throw wrong(path, line, 'it is no JSON');
  }
}

function checked<T>(schema: z.ZodType<T>, value: unknown, path: string, line: number): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [first] = result.error.issues;
  const at = first!.path.map(String).join('.');
  throw wrong(path, line, `${at === '' ? 'it' : at}: ${first!.message}`);
}

const wrong = (path: string, line: number, why: string): SwarmError =>
  new SwarmError({
    code: 'SW0207',
    what: `${path} is no cassette that can be played`,
    where: `${path}:${line}`,
    why,
    fix: 'swarm run "what you want done" --record run.cassette   # makes one',
  });

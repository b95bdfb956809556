/**
 * One orchestrator per repository. Two things are held, and the kernel frees both the instant their process is dead,
 * however it died; there is no stale lock to judge.
 *
 * The folders of the repository and of its state are locked themselves (`hold.ts`): that holds in every namespace and
 * under every path, so that neither a container nor a move of the repository lets a second one in.
 *
 * A listening socket tells who it is: a second process connects, and the holder tells it.
 *
 * On Linux the socket has an abstract name: no file, no clean-up, one name space per network namespace and open
 * to every local user (who can so refuse us the lock, never take it from us). Elsewhere it is a socket file in
 * the temporary folder; see `listenOnFile` for what that is worth.
 */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, rename, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Problem, SwarmError } from '@swarm/core/errors';
import { openHeld } from './hold.ts';
import { type HolderInfo, isThere, parseHolder, readHolderFile } from './lock-holder.ts';
import { isPortable } from './portable.ts';
import { processStart } from './process-start.ts';

export interface LockAsk {
  /** What is locked: the repository's absolute path. */
  readonly key: string;
  readonly about: Omit<HolderInfo, 'started'>;
  /** Folders that are locked themselves, in this order. They exist. */
  readonly folders: readonly string[];
  /** Says who holds the lock while the holder cannot answer (stopped, debugged). In a folder that exists. */
  readonly infoFile: string;
  /** Default: `abstract` on Linux, `file` elsewhere. */
  readonly by?: 'abstract' | 'file';
}

export interface Lock {
  readonly kind: 'lock';
  /** Frees the lock; idempotent. Death frees it too. */
  release(): Promise<void>;
}

export interface Held {
  readonly kind: 'held';
  /** Unknown when the holder does not answer and has left no readable info file. */
  readonly by: HolderInfo | undefined;
}

/** How long a holder may take to say who it is; a stopped one never does. */
const ANSWER_MS = 500;
/** A holder may die between our bind and our question; then we bind again, this often. */
const TRIES = 5;

/** @throws SwarmError SW0701 when the socket or the info file cannot be made at all. */
export async function acquireLock(ask: LockAsk): Promise<Lock | Held> {
  const kind = ask.by ?? (isPortable ? 'file' : 'abstract');
  const path = socketPath(ask.key, kind);
  const folders = await holdFolders(ask.folders);
  if (!folders) return { kind: 'held', by: await holderNow(ask.infoFile) };
  try {
    const answer = await acquireSocket(ask, kind, path, folders);
    if (answer.kind === 'held') await letGo(folders);
    return answer;
  } catch (error) {
    await letGo(folders);
    throw error;
  }
}

async function acquireSocket(
  ask: LockAsk,
  kind: 'abstract' | 'file',
  path: string,
  folders: readonly FileHandle[],
): Promise<Lock | Held> {
  const started = await processStart(ask.about.pid);
  const about = { ...ask.about, ...(started !== undefined && { started }) };
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const server = kind === 'abstract' ? await listen(path, about) : await listenOnFile(path, about);
    if (server) return await held(server, { ...ask, about }, folders);
    const answer = await askHolder(path);
    if (answer.kind === 'alive')
      return { kind: 'held', by: answer.by ?? (await readHolderFile(ask.infoFile)) };
  }
  return { kind: 'held', by: await readHolderFile(ask.infoFile) };
}

/** Undefined when one of them is somebody else's. */
async function holdFolders(folders: readonly string[]): Promise<readonly FileHandle[] | undefined> {
  const handles: FileHandle[] = [];
  try {
    for (const folder of folders) {
      const handle = await openHeld(folder, constants.O_RDONLY | constants.O_DIRECTORY);
      if (!handle) {
        await letGo(handles);
        return undefined;
      }
      handles.push(handle);
    }
    return handles;
  } catch (error) {
    await letGo(handles);
    throw error instanceof SwarmError ? error : cannotLock(folders.join(', '), error);
  }
}

async function letGo(handles: readonly FileHandle[]): Promise<void> {
  for (const handle of handles) await handle.close();
}

/** The file stays behind after a kill: it tells of nobody then. */
async function holderNow(infoFile: string): Promise<HolderInfo | undefined> {
  const by = await readHolderFile(infoFile);
  return by && (await isThere(by)) ? by : undefined;
}

/** SW0501 in words: who holds it, since when, and how to reach that run. `sinceText` is for the reader's zone. */
export function heldProblem(held: Held, repository: string, sinceText: (ms: number) => string): Problem {
  const { by } = held;
  const who = by
    ? `process ${by.pid} (run ${by.run}) since ${sinceText(by.since)}`
    : 'a process that does not answer';
  return {
    code: 'SW0501',
    what: `another orchestrator holds the repository: ${who}`,
    where: repository,
    why: 'two orchestrators on one repository would undo each other’s work',
    fix: by ? `swarm status --run ${by.run}   # or, to end it: kill ${by.pid}` : 'ps -ef | grep swarm',
  };
}

async function held(server: Server, ask: LockAsk, folders: readonly FileHandle[]): Promise<Lock> {
  try {
    const temporary = `${ask.infoFile}.${process.pid}.tmp`;
    await writeFile(temporary, `${JSON.stringify(ask.about)}\n`, { mode: 0o600 });
    await rename(temporary, ask.infoFile);
  } catch (error) {
    server.close();
    throw cannotLock(ask.infoFile, error);
  }
  let isReleased = false;
  return {
    kind: 'lock',
    release: async () => {
      if (isReleased) return;
      isReleased = true;
      await rm(ask.infoFile, { force: true });
      await new Promise<void>((done) => server.close(() => done()));
      await letGo(folders);
    },
  };
}

/** Undefined when somebody has the name already. The server keeps no process alive. */
function listen(path: string, about: HolderInfo): Promise<Server | undefined> {
  const server = createServer((socket) => {
    socket.unref().on('error', () => socket.destroy());
    socket.end(`${JSON.stringify(about)}\n`);
  });
  server.maxConnections = 32;
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(cannotLock(path, error));
    });
    server.listen(path, () => resolve(server.unref()));
  });
}

/**
 * A socket file outlives its process. A dead one is moved aside and the name bound again; the move is atomic, so
 * of several who found it dead only one clears it. If what we moved turns out to be alive (somebody was faster),
 * it is moved back. What is left: a third process that binds the name between those two moves holds it as well.
 * That takes three starts within a millisecond of each other, after a crash; Linux does not have this gap.
 */
async function listenOnFile(path: string, about: HolderInfo): Promise<Server | undefined> {
  const server = await listen(path, about);
  if (server) return server;
  if ((await askHolder(path)).kind === 'alive') return undefined;
  const aside = `${path}.${process.pid}`;
  const isMoved = await rename(path, aside).then(
    () => true,
    () => false,
  );
  if (!isMoved) return undefined;
  if ((await askHolder(aside)).kind === 'alive') {
    await rename(aside, path);
    return undefined;
  }
  await rm(aside, { force: true });
  return await listen(path, about);
}

type Answer = { readonly kind: 'alive'; readonly by: HolderInfo | undefined } | { readonly kind: 'gone' };

/** A holder that accepts the connection, or lets it wait, is alive. Only a refused connection has no holder. */
function askHolder(path: string): Promise<Answer> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(path);
    const settle = (answer: Answer) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => settle({ kind: 'alive', by: undefined }), ANSWER_MS);
    socket.setEncoding('utf8');
    socket.on('data', (piece: string) => {
      text += piece;
      if (text.length > 4_096) settle({ kind: 'alive', by: undefined });
    });
    socket.on('end', () => settle({ kind: 'alive', by: parseHolder(text) }));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      const isGone = error.code === 'ECONNREFUSED' || error.code === 'ENOENT';
      settle(isGone ? { kind: 'gone' } : { kind: 'alive', by: undefined });
    });
  });
}

/** Short enough for the 104 bytes a socket's path may have where that is least. */
function socketPath(key: string, kind: 'abstract' | 'file'): string {
  const hash = createHash('sha256').update(key).digest('hex').slice(0, 32);
  if (kind === 'abstract') return `\0swarm-${hash}`;
  return join(tmpdir(), `swarm-${process.getuid?.() ?? 'user'}-${hash}.lock`);
}

function cannotLock(path: string, error: unknown): SwarmError {
  const what = `the repository cannot be locked: ${(error as Error).message}`;
  return new SwarmError({ code: 'SW0701', what, where: path.replace('\0', '@') }, { cause: error });
}

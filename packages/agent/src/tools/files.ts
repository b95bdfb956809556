/** read, write, edit: whole text files of the workspace. */
import { constants } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import type { InsidePath } from './paths.ts';
import { resolveInside, resolveWritable } from './paths.ts';
import type { Tool } from './tool.ts';
import { done, ToolFault } from './tool.ts';

const READ_LINES_MAX = 2_000;
const READ_CHARS_MAX = 64 * 1024;
/** Larger files are for `bash`: they would fill the memory of a small sandbox. */
const FILE_BYTES_MAX = 16 * 1024 * 1024;
const WRITE_CHARS_MAX = 2 * 1024 * 1024;

const path = z.string().min(1).describe('Path relative to the workspace.');

export const read: Tool<{ path: string; offset?: number | undefined; limit?: number | undefined }> = {
  name: 'read',
  // No line numbers in front of lines: what is read can go into edit's oldText as it stands.
  description: `Reads a text file. The text comes exactly as it is in the file, after one line naming the range. At most ${READ_LINES_MAX} lines or 64 KiB at once; go on with offset. For line numbers use grep.`,
  schema: z.strictObject({
    path,
    offset: z.number().int().min(1).optional().describe('First line to read, counted from 1.'),
    limit: z.number().int().min(1).max(READ_LINES_MAX).optional().describe('Most lines to read.'),
  }),
  async run({ path, offset = 1, limit = READ_LINES_MAX }, { workspace }) {
    const file = await resolveInside(workspace, path);
    const lines = linesOf(decode(await load(file), file.shown));
    if (lines.length === 0) return done(`${file.shown}: empty file`);
    if (offset > lines.length) throw new ToolFault(`read: ${file.shown} has only ${lines.length} lines`);
    return done(excerpt(file.shown, lines, offset, limit));
  },
};

export const write: Tool<{ path: string; content: string }> = {
  name: 'write',
  description:
    'Writes a whole file, replacing what was there, and makes missing folders. To change part of a file use edit. At most 2 Mi characters.',
  schema: z.strictObject({ path, content: z.string().max(WRITE_CHARS_MAX).describe('The whole new text.') }),
  async run({ path, content }, { workspace }) {
    const file = await resolveWritable(workspace, path);
    await mkdir(dirname(file.real), { recursive: true }).catch(explain('write', file.shown));
    await store('write', file, content);
    return done(`wrote ${file.shown}: ${linesOf(content).length} lines, ${Buffer.byteLength(content)} bytes`);
  },
};

export const edit: Tool<{ path: string; oldText: string; newText: string }> = {
  name: 'edit',
  description:
    'Replaces one passage of a file. oldText must occur exactly once, character for character, indentation included; give enough of the surrounding lines to make it unique.',
  schema: z.strictObject({
    path,
    oldText: z.string().min(1).max(WRITE_CHARS_MAX).describe('The passage as it stands in the file.'),
    newText: z.string().max(WRITE_CHARS_MAX).describe('What replaces it; empty to delete it.'),
  }),
  async run({ path, oldText, newText }, { workspace }) {
    const file = await resolveWritable(workspace, path);
    const text = decode(await load(file), file.shown);
    const [from, to] = inLineEndingsOf(text, oldText, newText);
    if (from === to) throw new ToolFault('edit: oldText and newText are the same; nothing to do');
    const at = onlyPlaceOf(text, from, file.shown);
    await store('edit', file, text.slice(0, at) + to + text.slice(at + from.length));
    return done(`edited ${file.shown} at line ${text.slice(0, at).split('\n').length}`);
  },
};

function excerpt(shown: string, lines: readonly string[], offset: number, limit: number): string {
  const taken: string[] = [];
  let chars = 0;
  for (const line of lines.slice(offset - 1, offset - 1 + limit)) {
    if (chars + line.length > READ_CHARS_MAX) break;
    taken.push(line);
    chars += line.length + 1;
  }
  if (taken.length === 0) {
    const cut = lines[offset - 1]!;
    return `${shown}: line ${offset} of ${lines.length}, its first ${READ_CHARS_MAX} of ${cut.length} characters\n${cut.slice(0, READ_CHARS_MAX)}`;
  }
  const last = offset + taken.length - 1;
  const more =
    last < lines.length ? `\n[${lines.length - last} more lines: read again with offset ${last + 1}]` : '';
  return `${shown}: lines ${offset}-${last} of ${lines.length}\n${taken.join('\n')}${more}`;
}

/** Lines without their ends; a last newline does not begin another line. */
function linesOf(text: string): string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

/** Never follows a link and never waits on a FIFO or a device. */
async function load(file: InsidePath): Promise<Buffer> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const handle = await open(file.real, flags).catch(explain('read', file.shown));
  try {
    const stat = await handle.stat();
    if (stat.isDirectory()) throw new ToolFault(`read: ${file.shown} is a folder; use glob or bash with ls`);
    if (!stat.isFile()) throw new ToolFault(`read: ${file.shown} is not a regular file`);
    if (stat.size > FILE_BYTES_MAX) {
      throw new ToolFault(
        `read: ${file.shown} has ${stat.size} bytes, too many; use bash with sed -n or head`,
      );
    }
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

async function store(tool: string, file: InsidePath, text: string): Promise<void> {
  const flags =
    constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const handle = await open(file.real, flags, 0o666).catch(explain(tool, file.shown));
  try {
    await handle.writeFile(text).catch(explain(tool, file.shown));
  } finally {
    await handle.close();
  }
}

function decode(bytes: Buffer, shown: string): string {
  if (bytes.subarray(0, 8192).includes(0)) {
    throw new ToolFault(`${shown} is a binary file of ${bytes.length} bytes; use bash to look at it`);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new ToolFault(
      `${shown} is not UTF-8 text; change it with bash so that its other bytes stay as they are`,
    );
  }
}

/** Models write `\n`; a file with `\r\n` throughout keeps its own ends. */
function inLineEndingsOf(text: string, oldText: string, newText: string): [string, string] {
  if (!text.includes('\r\n') || oldText.includes('\r\n')) return [oldText, newText];
  const crlf = (s: string) => s.replaceAll(/\r?\n/g, '\r\n');
  return [crlf(oldText), crlf(newText)];
}

function onlyPlaceOf(text: string, passage: string, shown: string): number {
  const at = text.indexOf(passage);
  if (at === -1) throw new ToolFault(`edit: oldText does not occur in ${shown}; ${nearMiss(text, passage)}`);
  if (text.indexOf(passage, at + 1) === -1) return at;
  const times = text.split(passage).length - 1;
  throw new ToolFault(`edit: oldText occurs ${Math.max(times, 2)} times in ${shown}; give more context`);
}

/** Where the first line of a passage is, when the rest of it does not match. */
function nearMiss(text: string, passage: string): string {
  const first = passage
    .split('\n')
    .find((line) => line.trim() !== '')
    ?.trim();
  const line = first ? linesOf(text).findIndex((l) => l.trim() === first) + 1 : 0;
  return line > 0
    ? `its first line is at line ${line}, but spacing or what follows differs: read the file there and copy exactly`
    : 'read the file and copy the passage exactly';
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'a part of the path is a file, not a folder',
  EISDIR: 'it is a folder',
  EACCES: 'permission denied',
  EROFS: 'it is read-only',
  ENOSPC: 'the disk is full',
  ENXIO: 'it is not a regular file',
  ELOOP: 'it is a symbolic link',
};

const explain =
  (tool: string, shown: string) =>
  (error: NodeJS.ErrnoException): never => {
    throw new ToolFault(`${tool}: ${shown}: ${REASONS[error.code ?? ''] ?? error.message}`);
  };

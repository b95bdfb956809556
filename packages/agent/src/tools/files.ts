/** read, write, edit: whole text files of the workspace. */
import { constants } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { linesOf, PAGE_LINES_MAX, pageOf } from '@swarm/core/rules/paged-text';
import * as z from 'zod';
import { diffText, editText, type Replacement } from './edit-text.ts';
import type { InsidePath } from './paths.ts';
import { resolveReadable, resolveWritable } from './paths.ts';
import type { Tool } from './tool.ts';
import { done, ToolFault } from './tool.ts';

const READ_CHARS_MAX = 64 * 1024;
/** The line that names the range, and the one that says how to go on. */
const LINES_CHARS = 300;
/** Larger files are for `bash`: they would fill the memory of a small sandbox. */
const FILE_BYTES_MAX = 16 * 1024 * 1024;
const WRITE_CHARS_MAX = 2 * 1024 * 1024;
const EDITS_MAX = 100;

const path = z.string().min(1).describe('Path relative to the workspace.');

export const read: Tool<{ path: string; offset?: number | undefined; limit?: number | undefined }> = {
  name: 'read',
  description: `Reads a text file: one line that names the range, then each line behind its number and a tab, which are not part of the file. At most ${PAGE_LINES_MAX} lines or 64 KiB at once, less when there is little room; go on with offset.`,
  schema: z.strictObject({
    path,
    offset: z.number().int().min(1).optional().describe('First line to read, counted from 1.'),
    limit: z.number().int().min(1).max(PAGE_LINES_MAX).optional().describe('Most lines to read.'),
  }),
  async run({ path, offset, limit }, { workspace, readable, outputChars }) {
    const file = await resolveReadable(workspace, readable, path);
    const text = decode(await load(file), file.shown);
    const room = Math.min(READ_CHARS_MAX, outputChars - LINES_CHARS);
    const read = pageOf(file.shown, text, { offset, limit }, room);
    if ('problem' in read) throw new ToolFault(`read: ${read.problem}`);
    return done(read.page);
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

const replacement = {
  oldText: z.string().max(WRITE_CHARS_MAX).describe('The passage as it stands in the file.'),
  newText: z.string().max(WRITE_CHARS_MAX).describe('What replaces it; empty to delete it.'),
  replaceAll: z.boolean().optional().describe('Change every place where oldText occurs, not only one.'),
};
interface EditArguments {
  readonly path: string;
  readonly oldText?: string | undefined;
  readonly newText?: string | undefined;
  readonly replaceAll?: boolean | undefined;
  readonly edits?: readonly Replacement[] | undefined;
}

export const edit: Tool<EditArguments> = {
  name: 'edit',
  description:
    'Replaces passages of a file and gives back what changed. oldText must occur exactly once: give enough of the surrounding lines to make it unique, or replaceAll. For several passages give edits, a list of {oldText, newText}: all are done, one after the other, or none.',
  schema: z.strictObject({
    path,
    oldText: replacement.oldText.optional(),
    newText: replacement.newText.optional(),
    replaceAll: replacement.replaceAll,
    edits: z
      .array(z.strictObject(replacement))
      .max(EDITS_MAX)
      .optional()
      .describe('Several passages at once.'),
  }),
  async run({ path, oldText, newText, replaceAll, edits = [] }, { workspace }) {
    const file = await resolveWritable(workspace, path);
    if ((oldText === undefined) !== (newText === undefined))
      throw new ToolFault('edit: oldText and newText belong together; give both');
    const one = oldText === undefined || newText === undefined ? [] : [{ oldText, newText, replaceAll }];
    const all = [...one, ...edits];
    if (all.length === 0) throw new ToolFault('edit: give oldText and newText, or edits');
    const edited = editText(decode(await load(file), file.shown), all, file.shown);
    await store('edit', file, edited.text);
    return done(`edited ${file.shown}\n${diffText(edited.changes)}`);
  },
};

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

/** Reads one TOML file of configuration. The file may be hostile: size, kind and syntax are checked here. */
import { lstat, readFile } from 'node:fs/promises';
import type { Problem } from '@swarm/core/errors';
import { parse, TomlError } from 'smol-toml';
import { shellWord } from '../telling/shell.ts';

/** More than any configuration needs; a larger one is a mistake or an attack. */
const FILE_MAX_BYTES = 1 << 20;

export type TomlFile =
  | { readonly kind: 'absent' }
  | { readonly kind: 'read'; readonly text: string; readonly raw: Readonly<Record<string, unknown>> }
  | { readonly kind: 'wrong'; readonly problem: Problem };

/**
 * @param mayBeLink the operator's own file may be a symbolic link (many keep their settings in one folder); a
 * repository's may not, or it could have any file of the user's shown in an error message.
 */
export async function readToml(path: string, mayBeLink: boolean): Promise<TomlFile> {
  const facts = await lstat(path).catch(() => undefined);
  if (!facts) return { kind: 'absent' };
  if (!facts.isFile() && !(mayBeLink && facts.isSymbolicLink()))
    return wrong(path, 'it is not an ordinary file');
  if (facts.size > FILE_MAX_BYTES) return wrong(path, `it is larger than ${FILE_MAX_BYTES} bytes`);
  try {
    const text = (await readFile(path, 'utf8')).replace(/^\ufeff/, '');
    return { kind: 'read', text, raw: parse(text) };
  } catch (error) {
    if (error instanceof TomlError) return syntaxError(path, error);
    return wrong(path, (error as Error).message);
  }
}

const wrong = (path: string, why: string): TomlFile => ({
  kind: 'wrong',
  problem: {
    code: 'SW0102',
    what: 'the configuration cannot be read',
    where: path,
    why,
    fix: `ls -l ${shellWord(path)}`,
  },
});

function syntaxError(path: string, error: TomlError): TomlFile {
  const why = error.message.split('\n', 1)[0]!.replace(/^Invalid TOML document: /, '');
  return {
    kind: 'wrong',
    problem: {
      code: 'SW0102',
      what: 'the configuration is not valid TOML',
      where: `${path}:${error.line}:${error.column}`,
      why,
      fix: `vi +${error.line} ${shellWord(path)}`,
    },
  };
}

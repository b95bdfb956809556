/** `--accept`: what is to hold at the end of a run, from a file the operator names. */
import { extname } from 'node:path';
import { SwarmError } from '@swarm/core/errors';
import type { Criterion } from '@swarm/core/model/acceptance';
import { type AcceptReading, acceptMarkdown, acceptValue } from '@swarm/core/rules/accept-file';
import { parse } from 'smol-toml';
import { readInput } from './input-file.ts';

/** Errors: SW0201 when it cannot be read, SW0210 with everything that is wrong in it. */
export async function readAccept(file: string, cwd: string): Promise<readonly Criterion[]> {
  const text = await readInput(file, cwd);
  const { criteria, problems } = readingOf(file, text);
  if (problems.length === 0) return criteria;
  throw new SwarmError(
    problems.map(({ path, why }) => ({
      code: 'SW0210',
      what: `the criteria are wrong: ${why}`,
      where: path === '' ? file : `${file}: ${path}`,
      fix: 'swarm run --accept <file>   # a Markdown list, such as: - `npm test` passes',
    })),
  );
}

/** By its name; of a file without one that says it, by how it begins. */
function readingOf(file: string, text: string): AcceptReading {
  switch (extname(file).toLowerCase()) {
    case '.toml':
      return parsed(text, parse);
    case '.json':
      return parsed(text, JSON.parse);
    case '.md':
    case '.markdown':
    case '.txt':
      return acceptMarkdown(text);
    default:
      return /^\s*[[{]/.test(text) ? parsed(text, JSON.parse) : acceptMarkdown(text);
  }
}

function parsed(text: string, parse: (text: string) => unknown): AcceptReading {
  try {
    return acceptValue(parse(text));
  } catch (error) {
    const why = (error as Error).message.split('\n', 1)[0]!;
    return { criteria: [], problems: [{ path: '', why }] };
  }
}

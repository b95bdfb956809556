/** Lines of manifests that are whole entries by themselves, and what each is the entry of. */
import type { NamesOf } from './join.ts';

const ENTRY = /^([A-Za-z0-9_-]+)(?:\.[A-Za-z0-9_-]+)* *= *(\S.*)$/;
const ELEMENT = /^(?:"([^"\\]+)"|'([^']+)'),$/;
/** The name in a Python requirement: PEP 508. */
const REQUIREMENT = /^[A-Za-z0-9][A-Za-z0-9._-]*/;

/**
 * TOML: `key = value` closed on its line, or `"element",` of an array. A table's heading is neither, so all that is
 * added stands in one table. Names are compared as the registries do: without case, `-`, `_` and `.` alike.
 */
export const tomlNames: NamesOf = (line) => {
  const text = line.trim();
  const element = ELEMENT.exec(text);
  if (element) {
    const value = element[1] ?? element[2] ?? '';
    return [`element ${plainName(REQUIREMENT.exec(value)?.[0] ?? value)}`];
  }
  const [, key, value] = ENTRY.exec(text) ?? [];
  return key !== undefined && value !== undefined && isClosed(value) ? [`key ${plainName(key)}`] : undefined;
};

const plainName = (name: string): string => name.toLowerCase().replace(/[-_.]+/g, '-');

const OPENERS = '[{';
const CLOSERS = ']}';

/** True when strings, arrays and inline tables end on this line. Strings of several lines do not. */
function isClosed(value: string): boolean {
  if (value.includes('"""') || value.includes("'''")) return false;
  let depth = 0;
  let quote = '';
  for (let i = 0; i < value.length; i++) {
    const char = value[i]!;
    if (quote === '"' && char === '\\') i++;
    else if (quote) quote = char === quote ? '' : quote;
    else if (char === '"' || char === "'") quote = char;
    else if (char === '#') break;
    else if (OPENERS.includes(char)) depth++;
    else if (CLOSERS.includes(char) && --depth < 0) return false;
  }
  return depth === 0 && quote === '';
}

const GO_REQUIRE = /^(?:require )?([^\s()]*[./][^\s()]*) v\S+(?: \/\/ indirect)?$/;

/** go.mod: a required module and its version, in a `require` block or outside. */
export const goRequireNames: NamesOf = (line) => {
  const module = GO_REQUIRE.exec(line.trim())?.[1];
  return module === undefined ? undefined : [module];
};

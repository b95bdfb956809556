/**
 * Lines of a barrel (a file that only passes on what other files define) that are whole statements by themselves,
 * and the names each defines. Statements whose order is their meaning (an import for its side effects, a wildcard
 * import that may hide an earlier one) are not among them.
 */
import type { NamesOf } from './join.ts';

const FROM = String.raw` from (?:'[^'"\\]+'|"[^'"\\]+");?`;
const EXPORT_ALL = new RegExp(String.raw`^export (?:type )?\*${FROM}$`);
const EXPORT_AS = new RegExp(String.raw`^export (?:type )?\* as ([\w$]+)${FROM}$`);
const EXPORT_LIST = new RegExp(String.raw`^export (?:type )?\{([^{}]*)\}(?:${FROM}|;?)$`);
const IMPORT_ONE = new RegExp(String.raw`^import (?:type )?(?:\* as )?([\w$]+)${FROM}$`);
const IMPORT_LIST = new RegExp(String.raw`^import (?:type )?(?:([\w$]+), )?\{([^{}]*)\}${FROM}$`);

/** JavaScript and TypeScript: `export … from`, `export { … }`, `import … from`. */
export const scriptNames: NamesOf = (line) => {
  // Its conflicts of names are the compiler's to find; the same module twice in different words is not settled.
  if (EXPORT_ALL.test(line)) return [`export * ${line.split(/['"]/)[1]}`];
  const as = EXPORT_AS.exec(line)?.[1];
  if (as) return [`export ${as}`];
  const exported = EXPORT_LIST.exec(line)?.[1];
  if (exported !== undefined) return prefixed('export', listed(exported));
  const one = IMPORT_ONE.exec(line)?.[1];
  if (one) return [`import ${one}`];
  const [, standard, list] = IMPORT_LIST.exec(line) ?? [];
  if (list === undefined) return undefined;
  const names = listed(list);
  return prefixed('import', names && standard ? [standard, ...names] : names);
};

const MOD = /^(?:pub(?:\([\w: ]+\))? )?mod (\w+);$/;
const USE = /^(?:pub(?:\([\w: ]+\))? )?use ([\w:]+?)(?:::(\*)|::\{([\w, ]+)\}| as (\w+))?;$/;

/** Rust: `mod x;`, `use a::b;`, with or without `pub`. */
export const rustNames: NamesOf = (line) => {
  const mod = MOD.exec(line)?.[1];
  if (mod) return [mod];
  const [, path, all, list, as] = USE.exec(line) ?? [];
  if (path === undefined) return undefined;
  if (all) return [`${path}::*`];
  if (list !== undefined) return listed(list);
  return [as ?? path.slice(path.lastIndexOf(':') + 1)];
};

const FROM_IMPORT = /^from (?!__future__)([\w.]+) import ([\w, ]+)$/;
const IMPORT = /^import ([\w.]+)(?: as (\w+))?$/;

/** Python: `from x import y`, `import x`. */
export const pythonNames: NamesOf = (line) => {
  const names = FROM_IMPORT.exec(line)?.[2];
  if (names !== undefined) return listed(names);
  const [, module, as] = IMPORT.exec(line) ?? [];
  return module === undefined ? undefined : [as ?? module];
};

const ITEM = /^(?:type )?([\w$]+)(?: as ([\w$]+))?$/;

/** The names of `a, b as c`; undefined when one is not understood, or there is none. */
function listed(text: string): readonly string[] | undefined {
  const items = text.split(',').map((item) => item.trim());
  // A comma may end the list.
  if (items.at(-1) === '') items.pop();
  const names = items.map((item) => {
    const [, name, as] = ITEM.exec(item) ?? [];
    return as ?? name;
  });
  return names.length > 0 && names.every((name) => name !== undefined) ? names : undefined;
}

const prefixed = (word: string, names: readonly string[] | undefined): readonly string[] | undefined =>
  names?.map((name) => `${word} ${name}`);

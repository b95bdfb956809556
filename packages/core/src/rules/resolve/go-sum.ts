/** go.sum is a set of lines: module, version, checksum. The go command keeps it sorted by module and version. */
import { type Lines, splitLines, type Texts } from './texts.ts';

const LINE = /^(\S+ v\d{1,9}\.\d{1,9}\.\d{1,9}\S*) (h1:\S+)$/;
const LINE_MAX = 2_000;

/** The sorted union. A line one side removed, or a second checksum for the same version, is no such matter. */
export function mergeGoSum(texts: Texts): string | undefined {
  const lines = splitLines(texts);
  if (!lines) return undefined;
  const [ours, theirs] = [new Set(lines.ours), new Set(lines.theirs)];
  if (!lines.base.every((line) => ours.has(line) && theirs.has(line))) return undefined;
  const union = [...new Set([...ours, ...theirs])];
  return hasOneSumEach(union) ? lines.join(union.sort(byModuleAndVersion)) : undefined;
}

function hasOneSumEach(lines: Lines): boolean {
  const versions = new Set<string>();
  for (const line of lines) {
    const version = line.length > LINE_MAX ? undefined : LINE.exec(line)?.[1];
    if (version === undefined || versions.has(version)) return false;
    versions.add(version);
  }
  return true;
}

function byModuleAndVersion(a: string, b: string): number {
  const [moduleA = '', versionA = ''] = a.split(' ');
  const [moduleB = '', versionB = ''] = b.split(' ');
  return compare(moduleA, moduleB) || byVersion(versionA, versionB) || compare(a, b);
}

/** Semantic versions: numbers as numbers, and a pre-release before its release. */
export function byVersion(a: string, b: string): number {
  const [partsA, partsB] = [partsOf(a), partsOf(b)];
  for (let i = 0; i < 3; i++) {
    const difference = Number(partsA.numbers[i] ?? 0) - Number(partsB.numbers[i] ?? 0);
    if (difference) return difference;
  }
  if (partsA.pre === partsB.pre) return 0;
  if (partsA.pre === '' || partsB.pre === '') return partsA.pre === '' ? 1 : -1;
  return compare(partsA.pre, partsB.pre);
}

function partsOf(version: string): { readonly numbers: readonly string[]; readonly pre: string } {
  const [plain = ''] = version.slice(1).split('/');
  const [release = '', ...pre] = (plain.split('+')[0] ?? '').split('-');
  return { numbers: release.split('.'), pre: pre.join('-') };
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

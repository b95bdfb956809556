/** Two ways in turn, so that what else the machine does meets both alike. */

/** Not counted: code that runs for the first time is compiled. */
const WARM = 5;

/** @returns ms of each, in order. */
export async function pairs(
  count: number,
  one: Work,
  other: Work,
): Promise<readonly [readonly number[], readonly number[]]> {
  const [ones, others]: [number[], number[]] = [[], []];
  for (let n = 0; n < WARM + count; n++) {
    ones.push(await msOf(one));
    others.push(await msOf(other));
  }
  return [ones.slice(WARM), others.slice(WARM)];
}

async function msOf(work: Work): Promise<number> {
  const start = performance.now();
  const rest = await work();
  const ms = performance.now() - start;
  await rest?.();
  return ms;
}

/** What it gives is done outside of what is measured. */
type Work = () => Promise<(() => Promise<void>) | undefined | void>;

export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1]!;

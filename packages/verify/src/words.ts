/** How findings are said. */

export const count = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`;
export const short = (commit: string): string => commit.slice(0, 12);

/** The first few of many. */
export function some(things: readonly string[], most = 5): string {
  const rest = things.length - most;
  return rest > 0 ? `${things.slice(0, most).join(', ')} and ${rest} more` : things.join(', ');
}

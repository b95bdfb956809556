/** Work on a list, two at a time: as many as the smallest machine has cores. */
const AT_ONCE = 2;

export async function inPool<A, B>(list: readonly A[], work: (one: A) => Promise<B>): Promise<readonly B[]> {
  const results: B[] = [];
  const left = [...list.entries()];
  const worker = async (): Promise<void> => {
    for (let next = left.shift(); next; next = left.shift()) results[next[0]] = await work(next[1]);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return results;
}

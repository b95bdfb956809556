/**
 * Whether to do without what only Linux has: figures of processes under /proc, sockets with abstract names, work in a
 * folder by its descriptor. SWARM_PORTABLE=1 does without on Linux too, so that what other systems get is tried there.
 */
export const doesWithoutLinux = (
  system: string,
  env: Readonly<Record<string, string | undefined>>,
): boolean => system !== 'linux' || env.SWARM_PORTABLE === '1';

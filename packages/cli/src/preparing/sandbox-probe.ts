import { probeBubblewrap } from '@swarm/sandbox';

let probed: ReturnType<typeof probeBubblewrap> | undefined;

/** What the machine's sandbox can do: tried once for all who ask while a run is prepared. */
export const probeOnce = (): ReturnType<typeof probeBubblewrap> => {
  probed ??= probeBubblewrap();
  return probed;
};

import { SwarmError } from '@swarm/core/errors';

/** There is none for this kind of machine; the probe refuses such a one before anything runs. */
export const noFilter = (): SwarmError =>
  new SwarmError({
    code: 'SW0304',
    what: `there is no filter of system calls for ${process.arch}`,
    why: 'agents and gates are run contained, or not at all',
    fix: 'swarm run --sandbox none',
  });

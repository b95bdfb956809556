/** Who is to do a task: what it says itself, the kind of worker that took it, and whether it is somebody's elsewhere. */
import type { Attempt } from '@swarm/core/model/attempt';
import type { Request } from '@swarm/core/model/request';
import type { Task } from '@swarm/core/model/task';
import { kindOf } from '@swarm/core/rules/distribute';
import { foreignFor } from '@swarm/core/rules/foreign';
import type { Wish } from '@swarm/core/rules/roles';

export function wishOf(request: Request, { worker }: Attempt, { spec, source }: Task): Wish {
  const { agent, role } = spec;
  const staff = request.distribute && kindOf(request.distribute, worker)?.name;
  const foreign = foreignFor(spec, request);
  return {
    ...(agent !== undefined && { agent }),
    ...(role !== undefined && { role }),
    ...(staff !== undefined && { staff }),
    ...(source.by === 'candidates' && { nth: source.nth }),
    ...(foreign && { foreign }),
  };
}

/** Laws of tasks that go through several hands, and of workers that are not alike. */
import { taskOf } from '@swarm/core/model/ids';
import type { Law } from './law.ts';

/** A task goes through the roles it was to go through, in their order, each after the one before. */
const goesInSteps: Law = (e, { before, entry, story }) => {
  if (e.type !== 'task.expanded' || e.by !== 'pipeline') return [];
  const steps = entry.events.flatMap((one) =>
    one.type === 'task.accepted' && one.source.by === 'pipeline' && one.source.parent === e.task ? [one] : [],
  );
  const roles = steps.map(({ spec }) => spec.role).join(', ');
  const loose = steps.filter(({ spec }, i) => i > 0 && !spec.dependsOn.includes(steps[i - 1]!.task));
  return [
    ...(roles === story.features.pipeline.join(', ') ? [] : [`pipeline: ${e.task} goes through ${roles}`]),
    ...loose.map(({ task }) => `pipeline: ${task} does not wait for the step before it`),
    ...(before.parents.has(e.task) && isStep(before.task(e.task).spec.role, story.features.pipeline)
      ? [`pipeline: ${e.task} is a step, and goes through steps`]
      : []),
  ];
};

const isStep = (role: string | undefined, pipeline: readonly string[]): boolean =>
  role !== undefined && pipeline.includes(role);

/** What a tester hands in touches tests alone. Here they all lie in one folder. */
const testersTestAlone: Law = (e, { before, world, story }) => {
  if (e.type !== 'landing.started' || story.features.pipeline.length === 0) return [];
  return e.members.flatMap(({ task, attempt }) => {
    if (before.task(task).spec.role !== 'tester') return [];
    const ended = world.durable.attempts.get(attempt);
    const files = ended?.state === 'ended' ? (ended.handoff?.change?.filesChanged ?? []) : [];
    return files
      .filter((path) => !path.startsWith('tests/'))
      .map((path) => `pipeline: ${task} is a tester’s, and would land ${path}`);
  });
};

/** A worker of a kind has what its task asks for, is one of the kind’s slots, and does one thing at a time. */
const worksWhereItCan: Law = (e, { before, story }) => {
  const { distribute } = story.features;
  if (e.type !== 'attempt.started' || !distribute) return [];
  const [, name, number] = /^([a-z]+)-(\d+)$/.exec(e.worker) ?? [];
  const kind = distribute.kinds.find((one) => one.name === name);
  if (!kind) return [`workers: ${e.attempt} starts on ${e.worker}, which is of no kind`];
  const { requires } = before.task(taskOf(e.attempt)).spec;
  const lacking = requires.filter(
    (wanted) => !kind.capabilities.some((one) => one.startsWith(wanted.split('@')[0]!)),
  );
  const isTaken = [...before.live].some((live) => before.workerOf.get(live) === e.worker);
  return [
    ...lacking.map((wanted) => `workers: ${e.attempt} starts on ${e.worker}, which has no ${wanted}`),
    ...(Number(number) <= kind.slots ? [] : [`P8: ${e.worker} is more than ${kind.slots} of its kind`]),
    ...(isTaken ? [`workers: ${e.attempt} starts on ${e.worker}, which is at work`] : []),
  ];
};

export const HAND_LAWS: readonly Law[] = [goesInSteps, testersTestAlone, worksWhereItCan];

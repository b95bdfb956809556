/** What a command did, as a sentence: from the events that are on disk and where the run stands now. */
import type { Event, EventOf, EventType } from '@swarm/core/events';
import type { RaisedLimits } from '@swarm/core/model/request';
import { countText, durationText } from '@swarm/core/views/words';
import type { Standing, SteeringCommand } from './wire.ts';

export function effectOf(command: SteeringCommand, events: readonly Event[], now: Standing): string {
  const said = sentence(command, events, now);
  return now.isStopping ? `${said}\nthe run is being stopped: this counts when it is resumed` : said;
}

function sentence(command: SteeringCommand, events: readonly Event[], now: Standing): string {
  switch (command.type) {
    case 'pause':
      return `paused: ${inFlight(now)}, nothing new starts; swarm continue`;
    case 'continue':
      return `the run goes on: ${count(now.waiting, 'task')} waiting, ${count(now.workers, 'worker')}`;
    case 'cancelTask':
      return [
        `${command.task} is cancelled; an attempt at it, if there is one, is being ended`,
        ...list(of(events, 'task.failed'), 'fails with it', 'fail with it'),
      ].join('\n');
    case 'cancelRun':
      return [
        `${now.run} is cancelled: ${count(of(events, 'task.cancelled').length, 'task')} will not be done; it closes when ${inFlightWhole(now)}`,
        now.landed === 0
          ? 'nothing has landed'
          : `what has landed, ${count(now.landed, 'task')}, stays on ${now.landOn}`,
      ].join('\n');
    case 'retry': {
      const [first, ...others] = of(events, 'task.retried');
      const how = command.hint === undefined ? '' : ', and told your hint';
      return [`${first!.task} is tried again${how}`, ...list(others, 'goes with it', 'go with it')].join(
        '\n',
      );
    }
    case 'tell': {
      const [told] = of(events, 'task.told');
      return told?.attempt === undefined
        ? `the next attempt at ${told!.task} is told, if there is one; an agent at work on it now cannot be`
        : `${told.attempt} is told before its next turn; if it has none any more, the next attempt is`;
    }
    case 'acceptTasks':
      return `accepted as ${idsOf(of(events, 'task.accepted'))}${waits(now)}`;
    case 'amend':
      if (command.plan) return amended(events);
      return `the request is amended: ${now.isPlanning ? 'the planner reads it after the answer it is giving now' : `the planner is asked again${waits(now)}`}`;
    case 'scale':
      if (command.role !== undefined)
        return `at most ${count(command.workers, 'worker')} of the role ${command.role} at a time from now on`;
      return scaled(now);
    case 'prioritise':
      return prioritised(of(events, 'task.prioritised'), command.place, now);
    case 'setNote': {
      const [set] = of(events, 'note.set');
      if (set!.value === '') return `the note ${set!.key} is taken away`;
      return `the note ${set!.key} is at version ${set!.version}: whoever it concerns is told with the next prompt`;
    }
    case 'raiseLimits':
      return `the run may use up ${of(events, 'limits.raised').map(raisedText).join(', ')}${waits(now)}`;
  }
}

function amended(events: readonly Event[]): string {
  const parts = [
    ['new', of(events, 'task.accepted')],
    ['changed', of(events, 'task.rescoped')],
    ['cancelled', of(events, 'task.cancelled')],
    ['failed with them', of(events, 'task.failed')],
  ] as const;
  const said = parts.flatMap(([how, those]) => (those.length > 0 ? [`${idsOf(those)} ${how}`] : []));
  const refused = of(events, 'task.refused').map(({ label, problem }) => `refused ${label}: ${problem}`);
  return [`the request is amended: ${said.join('; ') || 'no task changes'}`, ...refused].join('\n');
}

function prioritised(
  events: readonly EventOf<'task.prioritised'>[],
  place: number | 'first' | 'last',
  now: Standing,
): string {
  const [first, ...parts] = events;
  const where = typeof place === 'number' ? `has priority ${place} now` : `goes ${place} of all that waits`;
  return [
    `${first!.task} ${where}; what it depends on goes before it all the same${waits(now)}`,
    ...list(parts, 'goes with it', 'go with it'),
  ].join('\n');
}

function scaled({ workers, working }: Standing): string {
  const now = `${count(workers, 'worker')} from now on`;
  if (working > workers)
    return `${now}: ${count(working, 'attempt')} ${go(working)} on to the end before anything new starts`;
  return `${now}: ${working} at work, ${workers - working} free`;
}

const raisedText = ({ tokens, usd, timeMs }: RaisedLimits): string =>
  [
    ...(tokens === undefined ? [] : [countText(tokens, 'token')]),
    ...(usd === undefined ? [] : [`$${usd}`]),
    ...(timeMs === undefined ? [] : [`${durationText(timeMs)} of time`]),
  ].join(', ');

const waits = ({ paused }: Standing): string =>
  paused ? `; the run is paused (${paused.reason}), so it waits: swarm continue` : '';

function inFlight({ working, landing }: Standing): string {
  const parts = [
    ...(working > 0 ? [count(working, 'attempt')] : []),
    ...(landing > 0 ? [count(landing, 'landing')] : []),
  ];
  if (parts.length === 0) return 'nothing is in flight';
  return `${parts.join(' and ')} ${go(working + landing)} on to the end`;
}

const inFlightWhole = ({ working, landing }: Standing): string =>
  working + landing === 0
    ? 'it has looked at the target once more'
    : `what is in flight has ended (${working} working, ${landing} landing)`;

const go = (n: number): string => (n === 1 ? 'goes' : 'go');
const count = (n: number, thing: string): string => `${n} ${thing}${n === 1 ? '' : 's'}`;

const of = <T extends EventType>(events: readonly Event[], type: T): readonly EventOf<T>[] =>
  events.filter((event): event is EventOf<T> => event.type === type);

const idsOf = (events: readonly { readonly task: string }[]): string => {
  const ids = events.map((event) => event.task);
  return ids.length <= 12 ? ids.join(', ') : `${ids[0]} to ${ids.at(-1)} (${ids.length} tasks)`;
};

const list = (events: readonly { readonly task: string }[], one: string, many: string): string[] =>
  events.length === 0 ? [] : [`${idsOf(events)} ${events.length === 1 ? one : many}`];

/** Models as they are met: they call what nobody offered, go on calling when told to answer, and talk of other things. */
import type { ModelEnd, ModelRequest, ToolCall } from '@swarm/core/ports/models';
import type { World } from '../sim/world.ts';
import { iterationIn } from './subplanner.ts';

/** Calls one iteration may make: the rounds of tools it is given, its answer, and what is tried again. */
const CALLS_MAX = 40;

/** One model's manners, for as long as a process lives. */
export class RudeModel {
  readonly #world: World;
  readonly #calls = new Map<number, number>();
  #count = 0;
  /** The iteration it will not stop calling tools in. */
  #endless: number | undefined;

  constructor(world: World) {
    this.#world = world;
  }

  /** What it does instead of an answer; undefined: it answers. */
  instead(request: ModelRequest): ModelEnd | undefined {
    const { random } = this.#world;
    this.#look(request);
    const iteration = iterationIn(this.#world, request);
    if (iteration !== undefined && this.#endless === iteration) return this.#calling('list', '{"path":""}');
    if (!this.#world.hits('rude')) return undefined;
    switch (random.between(0, 7)) {
      case 0:
        return this.#calling('bash', '{"command":"rm -rf /"}');
      case 1:
        return this.#calling('list', 'not even JSON');
      case 2:
        return { kind: 'length' };
      case 3:
        return { kind: 'refused', why: 'I would rather not' };
      case 4:
        return this.#calling('list', '{"path":"../.."}');
      default:
        this.#endless = iteration;
        return this.#calling('read', '{"path":"f0.txt"}');
    }
  }

  #calling(name: string, argumentsJson: string): ModelEnd {
    const calls = Array.from({ length: this.#world.random.between(1, 3) }, (): ToolCall => {
      this.#count += 1;
      return { id: `rude${this.#count}`, name, argumentsJson };
    });
    return { kind: 'tools', calls };
  }

  /** What a server would refuse, and what would cost without end. */
  #look(request: ModelRequest): void {
    const answered = new Set(request.messages.flatMap((m) => (m.role === 'tool' ? [m.callId] : [])));
    const asked = request.messages.flatMap((m) => (m.role === 'assistant' ? m.toolCalls : []));
    const open = asked.filter(({ id }) => !answered.has(id));
    this.#world.expect(open.length === 0, 'model: a call of a tool is left without an answer');
    const iteration = iterationIn(this.#world, request);
    if (request.role !== 'planner' || iteration === undefined) return;
    const calls = (this.#calls.get(iteration) ?? 0) + 1;
    this.#calls.set(iteration, calls);
    this.#world.expect(
      calls <= CALLS_MAX,
      `P8: iteration ${iteration} asks its model more than ${CALLS_MAX} times`,
    );
  }
}

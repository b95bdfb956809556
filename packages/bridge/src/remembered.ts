/** Answers by the id of what was asked: asked again, the first is given again, and nothing is done twice. */
import type { Reply } from './reply.ts';

const ANSWERS_MAX = 1_000;
const BYTES_MAX = 32 << 20;

export class Remembered {
  readonly #answers = new Map<string, Promise<Reply>>();
  readonly #sizes = new Map<string, number>();
  #bytes = 0;

  /**
   * @param ask is called where nobody has asked yet, or nothing was done when somebody did. Who asks while it is done waits
   * for the same answer.
   * @param isDone whether this answer stands for good.
   */
  async once(id: string, ask: () => Promise<Reply>, isDone: (reply: Reply) => boolean): Promise<Reply> {
    const known = this.#answers.get(id);
    if (known) return known;
    const asked = ask();
    this.#answers.set(id, asked);
    try {
      const reply = await asked;
      if (isDone(reply)) this.#keep(id, reply);
      else this.#answers.delete(id);
      return reply;
    } catch (error) {
      this.#answers.delete(id);
      throw error;
    }
  }

  #keep(id: string, reply: Reply): void {
    const size = reply.body.length + id.length;
    this.#sizes.set(id, size);
    this.#bytes += size;
    for (const [oldest, bytes] of this.#sizes) {
      if (this.#sizes.size <= ANSWERS_MAX && this.#bytes <= BYTES_MAX) return;
      this.#sizes.delete(oldest);
      this.#answers.delete(oldest);
      this.#bytes -= bytes;
    }
  }
}

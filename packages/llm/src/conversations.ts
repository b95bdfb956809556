/** At which account a conversation is: elsewhere its prompts are in no cache, and its thoughts may not be read. */

/** A fleet has some hundreds of attempts at once; whoever is forgotten begins anew. */
const PLACES_MAX = 4_096;

export class ConversationPlaces {
  readonly #places = new Map<string, string>();

  of(conversation: string | undefined): string | undefined {
    return conversation === undefined ? undefined : this.#places.get(conversation);
  }

  moved(conversation: string | undefined, to: string): void {
    if (conversation === undefined) return;
    this.#places.delete(conversation);
    this.#places.set(conversation, to);
    if (this.#places.size > PLACES_MAX) this.#places.delete(this.#places.keys().next().value!);
  }
}

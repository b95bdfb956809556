/** Server-sent events, as servers of chat completions write them. */

/** One event: what its `data` lines say, and its name where it has one. */
export interface ServerEvent {
  readonly name: string;
  readonly data: string;
}

export interface SseDecoder {
  /** @returns the events that closed in these bytes, in order. */
  push(bytes: Uint8Array): ServerEvent[];
  /** The stream is over: an event that no blank line closed counts too. */
  end(): ServerEvent[];
}

/**
 * Lines end in LF, CR or CRLF, wherever the packets are cut. Comments are passed over, and so is an event without
 * data, with which proxies keep a line alive. Two slips are read as meant: events that no blank line parts, and a
 * JSON object on a line of its own without `data:`.
 */
export function createSseDecoder(): SseDecoder {
  const decoder = new TextDecoder();
  let rest = '';
  let name = '';
  let data: string[] = [];

  function close(): ServerEvent[] {
    const events = textsOf(data).map((text) => ({ name, data: text }));
    name = '';
    data = [];
    return events;
  }

  function line(text: string): ServerEvent[] {
    if (text === '') return close();
    if (text.startsWith('{')) data.push(text);
    else {
      const [field, value] = fieldOf(text);
      if (field === 'data') data.push(value);
      if (field === 'event') name = value;
    }
    return [];
  }

  function lines(isEnd: boolean): ServerEvent[] {
    const parts = rest.split(/\r\n|\n|\r/);
    // A CR at the very end may be the first half of a CRLF.
    const keep =
      !isEnd && rest.endsWith('\r')
        ? parts
            .splice(-2)
            .slice(0, 1)
            .map((p) => `${p}\r`)
        : parts.splice(-1);
    rest = keep[0] ?? '';
    return parts.flatMap(line);
  }

  return {
    push(bytes) {
      const text = decoder.decode(bytes, { stream: true });
      const hadCr = rest.endsWith('\r');
      rest += text;
      // A line in many packets is looked at once, at its end.
      return hadCr || /[\r\n]/.test(text) ? lines(false) : [];
    },
    end() {
      rest += decoder.decode();
      const events = lines(true);
      return [...events, ...(rest === '' ? [] : line(rest)), ...close()];
    },
  };
}

/** A line is `field: value`, and the one space after the colon belongs to neither. */
function fieldOf(line: string): [string, string] {
  const colon = line.indexOf(':');
  if (colon < 0) return [line, ''];
  return [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, '')];
}

/** By the standard the lines are one text; where every line is whole by itself, each was meant as an event. */
function textsOf(data: readonly string[]): string[] {
  const lines = data.filter((text) => text.trim() !== '');
  if (lines.length > 1 && lines.every(isWhole)) return lines;
  return lines.length === 0 ? [] : [lines.join('\n')];
}

function isWhole(text: string): boolean {
  if (text.trim() === DONE) return true;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** The data of the last event of a stream. */
export const DONE = '[DONE]';

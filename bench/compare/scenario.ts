/** How the server responds. It is encoded in the path, so that the server stores nothing. */
export interface ServerBehavior {
  /** Responses of a conversation: all except the last one call tools. */
  readonly turns: number;
  /** Tool calls of each turn except the last. */
  readonly calls: number;
  /** Words of the last turn's text; in a stream, as many chunks. */
  readonly words: number;
  /** How a stream is written: in one write, one write per chunk, or two writes, the first of which ends with the first word. */
  readonly writes: 'whole' | 'each' | 'first';
  /** Pause between writes. With 0, each write happens in another turn of the event loop. */
  readonly pauseMs: number;
  /** Whether each response waits for the order `release`. */
  readonly isHeld: boolean;
}

/** The work of a contestant. */
export interface Scenario extends ServerBehavior {
  readonly isStreamed: boolean;
  readonly toolCount: number;
  /** Number of parallel conversations. */
  readonly atOnce: number;
}

const plain: Scenario = {
  turns: 1,
  calls: 1,
  words: 1,
  writes: 'whole',
  pauseMs: 0,
  isHeld: false,
  isStreamed: false,
  toolCount: 2,
  atOnce: 1,
};

export function createScenario(changes: Partial<Scenario>): Scenario {
  return { ...plain, ...changes };
}

export function encodePath({ turns, calls, words, writes, pauseMs, isHeld }: ServerBehavior): string {
  return `turns=${turns}&calls=${calls}&words=${words}&writes=${writes}&pauseMs=${pauseMs}&isHeld=${isHeld}`;
}

export function decodePath(path: string): ServerBehavior {
  const fields = new URLSearchParams(path);
  const readCount = (name: string): number => Number(fields.get(name));
  return {
    turns: readCount('turns'),
    calls: readCount('calls'),
    words: readCount('words'),
    writes: fields.get('writes') as ServerBehavior['writes'], // Only `encodePath` writes it.
    pauseMs: readCount('pauseMs'),
    isHeld: fields.get('isHeld') === 'true',
  };
}

/** Creates the text that a contestant must return. */
export function createExpectedText({ words }: ServerBehavior): string {
  return Array.from({ length: words }, (_, index) => createPiece(index)).join('');
}

export function createPiece(index: number): string {
  return index === 0 ? 'word0' : ` word${index % 1_000}`;
}

/** How the server answers. It is the first part of the path, so that the server keeps nothing. */
export interface ServerBehavior {
  /** Replies of a conversation: all but the last one call tools. */
  readonly turns: number;
  /** Tool calls of each turn but the last. */
  readonly calls: number;
  /** Words of the last turn's text: as many chunks, where it is streamed. */
  readonly words: number;
  /** A stream in one write, in one for each chunk, or in two, the first of which ends with the first word. */
  readonly writes: 'whole' | 'each' | 'first';
  /** Between writes; without one, each write has a turn of the server's event loop of its own. */
  readonly pauseMs: number;
  /** Whether each reply waits until the server is told to let them go. */
  readonly isHeld: boolean;
}

/** What a contestant does. */
export interface Scenario extends ServerBehavior {
  readonly isStreamed: boolean;
  readonly toolCount: number;
  /** Conversations side by side. */
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

export function createScenario(given: Partial<Scenario>): Scenario {
  return { ...plain, ...given };
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
    writes: fields.get('writes') as ServerBehavior['writes'], // Written by `pathOf`.
    pauseMs: readCount('pauseMs'),
    isHeld: fields.get('isHeld') === 'true',
  };
}

/** What a contestant has to end with. */
export function createExpectedText({ words }: ServerBehavior): string {
  return Array.from({ length: words }, (_, index) => createWord(index)).join('');
}

export function createWord(index: number): string {
  return index === 0 ? 'word0' : ` word${index % 1_000}`;
}

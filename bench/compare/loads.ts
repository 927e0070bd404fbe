import { type Scenario, scenario } from './scenario.ts';

const conversation = { turns: 6, calls: 2 } as const;

/** What is measured as load: µs of CPU time of a whole conversation. */
export const LOADS = {
  request: scenario(conversation),
  request64: scenario({ ...conversation, atOnce: 64 }),
  tools: scenario({ ...conversation, toolCount: 200 }),
  streamed: scenario({ ...conversation, words: 20, isStreamed: true }),
  short: scenario({ isStreamed: true }),
  bulk: scenario({ words: 2_000, isStreamed: true }),
  paced: scenario({ words: 2_000, writes: 'each', isStreamed: true }),
} as const satisfies Readonly<Record<string, Scenario>>;

export type Load = keyof typeof LOADS;

export const LOAD_NAMES = Object.keys(LOADS) as readonly Load[]; // They are its own.

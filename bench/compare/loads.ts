import { createScenario, type Scenario } from './scenario.ts';

const conversation = { turns: 6, calls: 2 } as const;

/** The loads; each measures µs of CPU time of a whole conversation. */
export const LOADS = {
  request: createScenario(conversation),
  request64: createScenario({ ...conversation, atOnce: 64 }),
  tools: createScenario({ ...conversation, toolCount: 200 }),
  streamed: createScenario({ ...conversation, words: 20, isStreamed: true }),
  short: createScenario({ isStreamed: true }),
  bulk: createScenario({ words: 2_000, isStreamed: true }),
  paced: createScenario({ words: 2_000, writes: 'each', isStreamed: true }),
} as const satisfies Readonly<Record<string, Scenario>>;

export type Load = keyof typeof LOADS;

export const LOAD_NAMES = Object.keys(LOADS) as readonly Load[]; // They are the keys above.

import type { z } from 'zod';

// The work of all contestants: the same instructions, prompt and tools.

export const MODEL = 'bench';
export const SYSTEM = 'You are a helpful assistant. Use the tools to answer, then reply to the user.';
export const PROMPT = 'Add the numbers and look up the customers, then sum up what you found.';

/** The zod module that creates the schemas: some contestants have their own. */
export type Zod = typeof z;

type Fields = Readonly<Record<string, unknown>>;

export interface WorkTool {
  readonly name: string;
  readonly description: string;
  readonly schema: z.ZodType<Fields>;
  readonly execute: (input: Fields) => Promise<string>;
}

export interface ContestantSetup {
  /** The contestant adds `/chat/completions`. */
  readonly baseURL: string;
  readonly toolCount: number;
  readonly maxTurns: number;
}

/** Created once for each scenario, as in a service. Each call is one conversation, and returns its last text. */
export interface Client {
  run(prompt: string): Promise<string>;
  stream(prompt: string, onText: (delta: string) => void): Promise<string>;
}

/** The exports of each `*.client.ts`. */
export interface ContestantModule {
  connect(setup: ContestantSetup): Client | Promise<Client>;
}

/** Executions of all tools of this process. */
export const executions: { count: number; onExecution: (() => void) | undefined } = {
  count: 0,
  onExecution: undefined,
};

/** Creates `add` and `lookup`, which are called, and other tools of usual size, which are not. */
export function createWorkTools(zod: Zod, { toolCount }: ContestantSetup): readonly WorkTool[] {
  const add = {
    name: 'add',
    description: 'Adds two numbers.',
    schema: zod.object({ a: zod.number().describe('first number'), b: zod.number().describe('second number') }),
    execute: countExecution(({ a, b }) => ({ sum: Number(a) + Number(b) })),
  };
  const lookup = {
    name: 'lookup',
    description: 'Looks up the record of a customer by its key.',
    schema: zod.object({
      key: zod.string().min(1).describe('key of the record'),
      limit: zod.number().int().describe('how many rows at most'),
    }),
    execute: countExecution((input) => ({ ...input, rows: ['alpha', 'beta', 'gamma'] })),
  };
  const others = Array.from({ length: toolCount - 2 }, (_, index) => ({
    name: `read_collection_${index}`,
    description: `Reads the records of collection ${index} that match a filter, the newest ones first.`,
    schema: zod.object({
      collection: zod.string().describe('name of the collection'),
      order: zod.enum(['asc', 'desc']).describe('order by date'),
      limit: zod.number().int().describe('how many rows at most'),
      tags: zod.array(zod.string()).describe('tags that all have to be there'),
      filter: zod
        .object({ field: zod.string(), operator: zod.enum(['eq', 'lt', 'gt']), value: zod.string() })
        .describe('which rows'),
    }),
    execute: countExecution(() => ({ rows: [] })),
  }));
  return [add, lookup, ...others];
}

function countExecution(answer: (input: Fields) => object): WorkTool['execute'] {
  return async (input) => {
    executions.count++;
    executions.onExecution?.();
    return JSON.stringify(answer(input));
  };
}

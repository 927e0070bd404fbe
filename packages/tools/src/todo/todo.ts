import { checkOptions, type OptionTable, type Tool, ToolError, tool } from '@pawl/core';
import { z } from 'zod';
import { checkPositive } from '../base/check-positive.ts';
import { escapeInvisible } from '../base/escape-invisible.ts';

export interface TodoOptions {
  /** @defaultValue 'todo' */
  readonly name?: string;
  /** Maximum items of a plan. @defaultValue 50 */
  readonly maxItems?: number;
}

const TODO: OptionTable<TodoOptions> = { keys: { name: 'any', maxItems: 'number' } };

/**
 * Creates a tool for the model's plan: the model passes the whole list in each call, and the result repeats it. The plan is stored only in
 * the conversation. See README.md in this folder.
 *
 * @throws ConfigError if the name is invalid, or a limit is not a whole number.
 */
export function todo(options: TodoOptions = {}): Tool<unknown> {
  const { name = 'todo', maxItems = 50 } = checkOptions(options, TODO, 'Tool "todo"');
  checkPositive({ maxItems }, name);
  return tool({
    name,
    description:
      'Keep a plan for a task with several steps. Pass the whole list whenever something changes; it replaces the previous list. Set at most one item to "doing".',
    input: z.object({
      items: z
        .array(
          z.object({
            text: z.string().min(1).max(500).describe('The step.'),
            status: z.enum(['open', 'doing', 'done']).describe('The status of the step.'),
          }),
        )
        .max(maxItems)
        .describe('All items, in order.'),
    }),
    effect: 'read',
    timeoutMs: 1_000,
    preview: ({ items }) => escapeInvisible(formatPlan(items)),
    execute({ items }) {
      const doing = items.filter(({ status }) => status === 'doing');
      if (doing.length > 1) {
        throw new ToolError(
          `${doing.length} items are "doing". Nothing was changed. Set all but one of them to "open" or "done".`,
        );
      }
      return formatPlan(items);
    },
  });
}

interface Item {
  readonly text: string;
  readonly status: 'open' | 'doing' | 'done';
}

function formatPlan(items: readonly Item[]): string {
  if (items.length === 0) return 'The plan is empty.';
  const remaining = items.filter(({ status }) => status !== 'done').length;
  const lines = items.map(({ text, status }) => `${MARKS[status]} ${text.replaceAll(/\s+/g, ' ')}`);
  return [...lines, remaining === 0 ? 'All items are done.' : `${remaining} of ${items.length} items remain.`].join(
    '\n',
  );
}

const MARKS: Readonly<Record<Item['status'], string>> = { open: '[ ]', doing: '[>]', done: '[x]' };

import { checkOptions, type OptionTable, type Tool, ToolError, tool } from '@pawl/core';
import { z } from 'zod';
import { checkPositive } from '../base/check-positive.ts';
import { escapeInvisible } from '../base/escape-invisible.ts';

export interface TodoOptions {
  /** @defaultValue 'todo' */
  readonly name?: string;
  /** The most items of a plan. @defaultValue 50 */
  readonly maxItems?: number;
}

const TODO: OptionTable<TodoOptions> = { keys: { name: 'any', maxItems: 'number' } };

/**
 * A tool by which the model keeps a plan: it passes the whole list each time, and reads it back. The plan is nowhere but in the
 * conversation, so it survives what the conversation survives. See README.md beside this file.
 *
 * @throws ConfigError for a name that can't be sent, or a cap that is no whole number.
 */
export function todo(options: TodoOptions = {}): Tool<unknown> {
  const { name = 'todo', maxItems = 50 } = checkOptions(options, TODO, 'Tool "todo"');
  checkPositive({ maxItems }, name);
  return tool({
    name,
    description:
      'Keeps your plan for a task of several steps. Pass the whole list each time something changes; it replaces the one before. One item at most is "doing".',
    input: z.object({
      items: z
        .array(
          z.object({
            text: z.string().min(1).max(500).describe('What is to be done.'),
            status: z.enum(['open', 'doing', 'done']).describe('Where it stands.'),
          }),
        )
        .max(maxItems)
        .describe('All items, in their order.'),
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
  const left = items.filter(({ status }) => status !== 'done').length;
  const lines = items.map(({ text, status }) => `${MARKS[status]} ${text.replaceAll(/\s+/g, ' ')}`);
  return [...lines, left === 0 ? 'All is done.' : `${left} of ${items.length} left.`].join('\n');
}

const MARKS: Readonly<Record<Item['status'], string>> = { open: '[ ]', doing: '[>]', done: '[x]' };

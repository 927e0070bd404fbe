import { type Tool, tool } from '@pawl/core';
import type { ChatRequest } from '@pawl/core/chat';
import { z } from 'zod';

const DOES = ['list', 'get', 'create', 'update', 'delete', 'export', 'archive', 'share'];
const WHAT =
  'invoice customer order parcel ticket meeting contract employee salary holiday server domain backup certificate'
    .split(' ')
    .concat('document picture song recipe flight hotel train visa bridge tunnel forest'.split(' '));

/** Such as an application has that speaks with everything: `get_invoice`, `archive_forest` … */
export const tools: readonly Tool<unknown>[] = WHAT.flatMap((what) =>
  DOES.map((does) =>
    tool({
      name: `${does}_${what}`,
      description: `To ${does} one ${what} of the company, by its id.`,
      input: z.object({ id: z.string(), note: z.string().optional() }),
      effect: 'read',
      execute: ({ id }) => `${does} ${what} ${id}`,
    }),
  ),
);

export function listToolNames({ tools = [] }: Pick<ChatRequest, 'tools'>): readonly string[] {
  return tools.map((each) => (each.type === 'function' ? each.function.name : each.custom.name));
}

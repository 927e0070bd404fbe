import type { Tool } from '@pawl/core';
import { Isolation } from '../child/isolation.ts';
import { createToolContext } from '../files/sandbox.fixture.ts';

/** The isolation modes that work on this machine: only `none` without bubblewrap. */
export const ISOLATION_MODES: readonly ('none' | 'require')[] = (await new Isolation({ mode: 'prefer' }).isAvailable())
  ? ['none', 'require']
  : ['none'];

/** Calls a tool with a signal. Rejects with the signal's reason. */
export async function callWithSignal(tool: Tool<unknown>, args: unknown, signal: AbortSignal): Promise<unknown> {
  const validated = await tool.validate(args);
  if (!validated.ok) throw new Error(String(validated.issues));
  return tool.execute(validated.value, createToolContext(signal));
}

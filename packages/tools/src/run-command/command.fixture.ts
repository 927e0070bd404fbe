import type { Tool } from '@pawl/core';
import { Isolation } from '../child/isolation.ts';
import { createToolContext } from '../files/sandbox.fixture.ts';

/** The ways in which commands can be run on this machine. Without bubblewrap there is one. */
export const ISOLATION_MODES: readonly ('none' | 'require')[] = (await new Isolation({ mode: 'prefer' }).isAvailable())
  ? ['none', 'require']
  : ['none'];

/** Runs a call with a signal of the test's own. Rejects with the signal's reason. */
export async function callWithSignal(tool: Tool<unknown>, args: unknown, signal: AbortSignal): Promise<unknown> {
  const validated = await tool.validate(args);
  if (!validated.ok) throw new Error(String(validated.issues));
  return tool.execute(validated.value, createToolContext(signal));
}

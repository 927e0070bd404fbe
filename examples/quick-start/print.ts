import type { Run } from '@pawl/core';
import { formatEvent } from '@pawl/core/events';

/** Prints the events of a run as they come. */
export async function print(run: Run): Promise<void> {
  let isMidLine = false;
  for await (const event of run) {
    const text = formatEvent(event);
    if (text === undefined) continue;
    const isPiece = event.type === 'text.delta';
    process.stdout.write(isPiece ? text : `${isMidLine ? '\n' : ''}${text}\n`);
    isMidLine = isPiece;
  }
  if (isMidLine) console.log();
}

import { isDebugging, writeDebug } from '../base/debug-line.ts';
import type { RunEvent } from '../event/event.ts';
import { formatEvent } from '../event/format-event.ts';
import type { Listeners } from '../event/observers.ts';

/** With `PAWL_DEBUG=1` in the environment: listeners that write a run to stderr, as `npm start` prints it. */
export function debugListeners(): Listeners | undefined {
  return isDebugging() ? { '*': createDebugWriter() } : undefined;
}

/** Each run has its own: lines of runs side by side would tear each other's text apart. */
function createDebugWriter(): (event: RunEvent) => void {
  let isMidLine = false;
  return (event) => {
    const text = formatEvent(event);
    if (text === undefined) return;
    const isPiece = event.type === 'model.text';
    writeDebug(isPiece ? text : `${isMidLine ? '\n' : ''}${text}\n`);
    isMidLine = isPiece ? !text.endsWith('\n') : false;
  };
}

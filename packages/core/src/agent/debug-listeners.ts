import type { RunEvent } from '../event/event.ts';
import { formatEvent } from '../event/format-event.ts';
import type { Listeners } from '../event/observers.ts';
import { environmentVariable } from '../model/environment.ts';

/**
 * With `PAWL_DEBUG=1` in the environment: listeners that write a run to stderr, as `npm start` prints it.
 *
 * The only place in core that writes anything anywhere.
 */
export function debugListeners(): Listeners | undefined {
  const isWanted = environmentVariable('PAWL_DEBUG') === '1';
  return isWanted ? { '*': createDebugWriter() } : undefined;
}

/** Each run has its own: lines of runs side by side would tear each other's text apart. */
function createDebugWriter(): (event: RunEvent) => void {
  let isMidLine = false;
  return (event) => {
    const text = formatEvent(event);
    if (text === undefined) return;
    const isPiece = event.type === 'model.text';
    writeError(isPiece ? text : `${isMidLine ? '\n' : ''}${text}\n`);
    isMidLine = isPiece ? !text.endsWith('\n') : false;
  };
}

function writeError(text: string): void {
  const { process, console } = globalThis as Surroundings;
  if (typeof process?.stderr?.write === 'function') process.stderr.write(text);
  else console?.error(text.replace(/\n$/, ''));
}

/** Not every runtime has both. */
interface Surroundings {
  readonly process?: { readonly stderr?: { write?(text: string): unknown } };
  readonly console?: { error(text: string): void };
}

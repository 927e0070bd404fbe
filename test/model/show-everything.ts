import { inspect } from 'node:util';
import { toErrorData } from '../../packages/core/src/event/error-data.ts';

/** Returns everything that printing, storing or sending a value could show. */
export function showEverything(thing: unknown): string {
  const texts = [
    inspect(thing, { depth: 20, showHidden: true, getters: true }),
    JSON.stringify(thing) ?? '',
    String(thing),
  ];
  if (thing instanceof Error) texts.push(thing.stack ?? '', JSON.stringify(toErrorData(thing)));
  return texts.join('\n');
}

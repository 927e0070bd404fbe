import { type ReadableWireLog, readBody } from '@pawl/core/wire-log';
import { createUsageError } from '../errors.ts';
import type { Output } from '../terminal/output.ts';

export interface WireOptions {
  readonly log: Pick<ReadableWireLog, 'read'>;
  readonly runId: string | undefined;
  /** The number of the request, from 1. The last one if it is empty. */
  readonly which: string;
}

/** Shows a request of a run and its response, as they were on the wire, without keys. @throws CliError */
export async function showWire(output: Output, { log, runId, which }: WireOptions): Promise<void> {
  const exchanges = runId === undefined ? [] : await log.read(runId);
  if (exchanges.length === 0)
    throw createUsageError('No requests of this run are kept: a server has them, or its model logs none.');
  const exchange = which === '' ? exchanges.at(-1) : exchanges[Number(which) - 1];
  if (exchange === undefined)
    throw createUsageError(`There is no request ${JSON.stringify(which)}: the run has ${exchanges.length}.`);
  const { method, url, headers, response } = exchange;
  const body = readBody(exchange, exchanges);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  await output.writeLine(
    [`${method} ${url}`, ...lines, '', body === undefined ? '(not kept)' : formatBody(body)].join('\n'),
  );
  const answer = response.error === undefined ? '' : ` ${response.error.message}`;
  const pieces = Buffer.concat(response.pieces.map(({ bytes }) => bytes)).toString('utf8');
  await output.writeLine(`\n${response.status ?? 'no response'}${answer}\n${pieces.trimEnd()}`);
}

function formatBody(body: Uint8Array): string {
  const text = Buffer.from(body).toString('utf8');
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2);
  } catch {
    return text;
  }
}

#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { conformance } from './conformance.ts';
import { reportText } from './report-text.ts';

const USAGE = `pawl-conformance <baseURL> [--model <name>] [--json]

Asks a Chat Completions server what it supports. The key is read from the variable PAWL_CONFORMANCE_KEY.
Ends with 1 where text or tools are not supported.`;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { model: { type: 'string' }, json: { type: 'boolean' }, help: { type: 'boolean' } },
});
const [baseURL] = positionals;
if (baseURL === undefined || values.help === true) {
  console.log(USAGE);
  process.exitCode = baseURL === undefined ? 2 : 0;
} else {
  await report(baseURL);
}

async function report(url: string): Promise<void> {
  const apiKey = process.env['PAWL_CONFORMANCE_KEY'];
  try {
    const found = await conformance(url, {
      ...(values.model === undefined ? {} : { model: values.model }),
      ...(apiKey === undefined ? {} : { apiKey }),
    });
    console.log(values.json === true ? JSON.stringify(found, null, 2) : reportText(found));
    const needed = found.probes.filter(({ name }) => name === 'text' || name === 'tools');
    if (needed.some(({ status }) => status === 'unsupported')) process.exitCode = 1;
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 2;
  }
}

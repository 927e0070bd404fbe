#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { type ConformanceOptions, conformance } from './conformance.ts';
import { formatResult, formatSummary } from './report-text.ts';

const USAGE = `pawl-conformance <baseURL> [--model <name>] [--quick] [--json]

Probes what a Chat Completions server supports; with --quick only text, streams and tools. The API key is read from the variable PAWL_CONFORMANCE_KEY.
Exits with 1 if text or tools are not supported, with 2 if the server cannot be probed.`;

/** Prints each result at once: all probes of a slow server take minutes. */
const PROGRESS: ConformanceOptions = {
  onStarted: ({ baseURL: url, model }) => console.log(`${model} at ${url}\n`),
  onResult: (result) => console.log(formatResult(result)),
};

const { positionals, values, problem: mistake } = readArguments();
const [baseURL, ...others] = positionals;
if (values.help === true) console.log(USAGE);
else if (mistake === undefined && baseURL !== undefined && others.length === 0) await report(baseURL);
else {
  console.error(mistake === undefined ? USAGE : `${mistake}\n\n${USAGE}`);
  process.exitCode = 2;
}

interface CommandLine {
  readonly positionals: readonly string[];
  readonly values: {
    readonly model?: string;
    readonly json?: boolean;
    readonly quick?: boolean;
    readonly help?: boolean;
  };
  /** Why the arguments cannot be parsed. */
  readonly problem?: string;
}

function readArguments(): CommandLine {
  const options = {
    model: { type: 'string' },
    json: { type: 'boolean' },
    quick: { type: 'boolean' },
    help: { type: 'boolean' },
  } as const;
  try {
    return parseArgs({ allowPositionals: true, options });
  } catch (error) {
    return { positionals: [], values: {}, problem: error instanceof Error ? error.message : String(error) };
  }
}

async function report(url: string): Promise<void> {
  const apiKey = process.env['PAWL_CONFORMANCE_KEY'];
  try {
    const found = await conformance(url, {
      ...(values.model === undefined ? {} : { model: values.model }),
      ...(apiKey === undefined ? {} : { apiKey }),
      quick: values.quick === true,
      ...(values.json === true ? {} : PROGRESS),
    });
    console.log(values.json === true ? JSON.stringify(found, null, 2) : `\n${formatSummary(found)}`);
    const findStatus = (probe: string) => found.probes.find(({ name }) => name === probe)?.status;
    if (findStatus('text') !== 'supported' || findStatus('tools') === 'unsupported') process.exitCode = 1;
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 2;
  }
}

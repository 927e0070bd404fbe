import { memoryHost } from '@pawl/core';
import { createInspector, type Inspector } from './inspector.ts';
import { type InspectorOptions, readDumpOptions } from './options.ts';
import { importRun } from './replay/import-run.ts';
import { parseDump } from './replay/parse-dump.ts';
import { LocalSource } from './source/local-source.ts';

/**
 * Makes a page for exported runs: the text that `pawl runs export` writes, of one run or several. It is read-only.
 *
 * Rejects with a `ConfigError` for invalid options, and for a line that is neither a run nor an event; with the `HostError`
 * `run.format` for an event that this version does not know.
 */
export async function inspectDump(text: string, options: InspectorOptions = {}): Promise<Inspector> {
  const checked = { ...readDumpOptions(options), readOnly: true };
  const host = memoryHost();
  for (const run of parseDump(text)) {
    await importRun(host, run);
    await host.getRun(run.record.runId); // Refuses an event that this version does not know.
  }
  return createInspector(new LocalSource({ ...checked, host }, 'dump'), { options: checked, host });
}

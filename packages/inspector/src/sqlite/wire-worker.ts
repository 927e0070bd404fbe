import { parentPort, workerData } from 'node:worker_threads';
import type { WireCommand, WireReport } from './wire-commands.ts';
import { WireFile, type WireFileOptions } from './wire-file.ts';

// The thread of a wire log: only here does anything wait for the disk.

const file = new WireFile(workerData as WireFileOptions); // `SqliteWireLog` passes them.
const port = parentPort;

port?.on('message', (command: WireCommand) => {
  const { id } = command;
  try {
    port.postMessage({ id, exchanges: perform(command) } satisfies WireReport);
  } catch (error) {
    const { message, code } = error as Error & { readonly code?: string }; // `WireFile` throws nothing else.
    port.postMessage({ id, error: { message, code: code ?? 'wire_log.failed' } } satisfies WireReport);
  }
  if (command.type === 'close') port.close();
});

function perform(command: WireCommand): WireReport['exchanges'] {
  switch (command.type) {
    case 'write':
      file.write(command.entries);
      return undefined;
    case 'read':
      return file.read(command.runId);
    case 'delete':
      file.deleteRun(command.runId);
      return undefined;
    case 'close':
      file.close();
      return undefined;
  }
}

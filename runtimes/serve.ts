import { offlineServer } from '@pawl/testing';
import { scripts } from './scripts.ts';
import { type Addresses, suite, type Transport } from './suite/suite.ts';

export interface ServedSuite {
  readonly addresses: Addresses;
  /** Lists unexpected requests and disconnects. */
  listProblems(): readonly string[];
  close(): Promise<void>;
}

/** Starts a server for each case and each transport, in this process. */
export async function serve(transports: readonly Transport[]): Promise<ServedSuite> {
  const started = await Promise.all(
    transports.flatMap((transport) =>
      suite.map(async ({ name }) => {
        const served = scripts[name];
        if (served === undefined) throw new Error(`scripts.ts has no script for the case "${name}".`);
        return { transport, name, served, server: await offlineServer({ script: served.script }) };
      }),
    ),
  );
  const selectAddresses = (wanted: Transport): Readonly<Record<string, string>> =>
    Object.fromEntries(started.filter((one) => one.transport === wanted).map((one) => [one.name, one.server.baseURL]));
  return {
    addresses: Object.fromEntries(transports.map((transport) => [transport, selectAddresses(transport)])),
    listProblems: () =>
      started.flatMap(({ transport, name, served, server }) => {
        const problems: string[] = [];
        try {
          server.assertDone();
        } catch (error) {
          problems.push(String(error));
        }
        const { disconnects = 0 } = served;
        if (server.disconnects !== disconnects) {
          problems.push(`The client disconnected ${server.disconnects} times before the end; expected ${disconnects}.`);
        }
        return problems.map((problem) => `FAILED ${name} (${transport}), reported by the server: ${problem}`);
      }),
    close: async () => {
      await Promise.all(started.map(({ server }) => server.close()));
    },
  };
}

// The suite as a bundled worker of workerd, without APIs of Node. A binding contains the addresses.
import { runSuite } from './suite.ts';

interface Bindings {
  readonly ADDRESSES: string;
}

export default {
  async test(_controller: unknown, { ADDRESSES }: Bindings): Promise<void> {
    console.log(await runSuite(JSON.parse(ADDRESSES)));
  },
};

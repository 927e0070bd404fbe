// The suite as a worker of workerd, bundled: what it is told is a binding. Nothing of Node is there.
import { runSuite } from './suite.ts';

interface Bindings {
  readonly ADDRESSES: string;
}

export default {
  async test(_controller: unknown, { ADDRESSES }: Bindings): Promise<void> {
    console.log(await runSuite(JSON.parse(ADDRESSES)));
  },
};

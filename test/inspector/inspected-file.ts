// An inspector of a runs file, behind a sign-in that lets everyone in: node inspected-file.ts FILE PORT. Prints its address.
import { sqliteHost } from '@pawl/core/sqlite';
import { inspect } from '@pawl/inspector';
import { listen } from '@pawl/serve/node';

const [file = '', port = '0'] = process.argv.slice(2);
const inspector = inspect({ host: sqliteHost(file), authorize: () => ({ id: 'operator', isOperator: true }) });
const { url } = await listen(inspector, { port: Number(port), signals: false });
console.log(url);

// A shop in a process of its own: node shop.ts DATABASE MODEL_URL PORT SDK PAGE LEDGER
import { startShop } from './start-shop.ts';

const [database = '', baseURL = '', given = '0', sdk = '7', page = '', ledger = ''] = process.argv.slice(2);
const { port } = await startShop({ database, baseURL, port: Number(given), sdk: sdk === '6' ? 6 : 7, page, ledger });
console.log(port);

import http, { type IncomingMessage } from 'node:http';
import type { Contestant } from '../../compare/work.ts';
import { byHand, type Post } from './loop.ts';

const agent = new http.Agent({ keepAlive: true });

const byNodeHttp: Post = (url, body) =>
  new Promise((resolve, reject) => {
    const headers = {
      'content-type': 'application/json',
      authorization: 'Bearer key',
      'content-length': Buffer.byteLength(body),
    };
    const request = http.request(url, { method: 'POST', agent, headers }, (response) => {
      if (response.statusCode === 200) resolve({ text: () => textOf(response), pieces: () => response });
      else reject(new Error(`HTTP ${response.statusCode}`));
    });
    request.on('error', reject).end(body);
  });

function textOf(response: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    response
      .setEncoding('utf8')
      .on('data', (piece: string) => {
        text += piece;
      })
      .on('end', () => resolve(text))
      .on('error', reject);
  });
}

export const connect: Contestant['connect'] = (setup) => byHand(byNodeHttp, setup);

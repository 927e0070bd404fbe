import http, { type IncomingMessage } from 'node:http';
import type { ContestantModule } from '../../compare/work.ts';
import { createClient, type Post } from './loop.ts';

const agent = new http.Agent({ keepAlive: true });

const postByNodeHttp: Post = (url, body) =>
  new Promise((resolve, reject) => {
    const headers = {
      'content-type': 'application/json',
      authorization: 'Bearer key',
      'content-length': Buffer.byteLength(body),
    };
    const request = http.request(url, { method: 'POST', agent, headers }, (response) => {
      if (response.statusCode === 200) resolve({ readText: () => readText(response), readPieces: () => response });
      else reject(new Error(`HTTP ${response.statusCode}`));
    });
    request.on('error', reject).end(body);
  });

function readText(response: IncomingMessage): Promise<string> {
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

export const connect: ContestantModule['connect'] = (setup) => createClient(postByNodeHttp, setup);

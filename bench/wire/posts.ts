import http from 'node:http';
import type { Post } from './by-hand.ts';

const headers = { 'content-type': 'application/json', authorization: 'Bearer key' };

export const byFetch: Post = async (url, body) => {
  const { body: stream } = await fetch(url, { method: 'POST', headers, body });
  if (stream === null) throw new Error('There is no body.');
  return stream;
};

const agent = new http.Agent({ keepAlive: true });

export const byNodeHttp: Post = (url, body) =>
  new Promise((resolve, reject) => {
    http.request(url, { method: 'POST', agent, headers }, resolve).on('error', reject).end(body);
  });

import { PAWL } from './contestants.ts';
import { computeRatios, findBestPeer, rowKeys } from './report.ts';
import type { ComparisonResult } from './result.ts';
import { ROWS, type RowKey, type TableRow } from './rows.ts';
import { computeMedian } from './statistics.ts';

const WIDTH = 840;
const LABELS = 300;
const RIGHT = 70;
const TOP = 70;
const LINE = 26;
const TICKS = [0.1, 0.2, 0.5, 1, 2, 5, 10];

/** Draws a mark for each contestant and row, on a logarithmic scale: the loop over `fetch` is 1. For light and dark backgrounds. */
export function drawChart(result: ComparisonResult): string {
  const keys = rowKeys.filter((key) => computeRatios(result, { key, name: PAWL }).length > 0);
  const bottom = TOP + keys.length * LINE;
  const lines = keys.map((key, index) => drawLine(result, { key, y: TOP + index * LINE + LINE / 2 }));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${bottom + 34}" role="img" aria-label="${TITLE}">
<style>${STYLE}</style>
<text class="title" x="0" y="18">${TITLE}</text>
${drawLegend(result)}
${TICKS.map((ratio) => drawTick(ratio, bottom)).join('\n')}
${lines.join('\n')}
</svg>
`;
}

const TITLE = 'Cost to a loop by hand over fetch (1), less is better';

// An <img> does not inherit the page's styles, only its colour scheme.
const STYLE = `
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.title, .own { font-weight: 600 } .own { text-anchor: end }
.axis { font-size: 11px; fill: #59636e; text-anchor: middle }
.grid { stroke: #d1d9e0 } .one { stroke: #59636e }
.pawl { fill: #0969da } .http { fill: none; stroke: #1a7f37; stroke-width: 2 } .undici { fill: none; stroke: #9a6700; stroke-width: 2 } .peer { fill: #8250df }
@media (prefers-color-scheme: dark) {
text { fill: #f0f6fc } .axis { fill: #9198a1 } .grid { stroke: #3d444d } .one { stroke: #9198a1 }
.pawl { fill: #4493f8 } .http { stroke: #3fb950 } .undici { stroke: #d29922 } .peer { fill: #ab7df8 }
}
`.trim();

interface Series {
  readonly title: string;
  getRatio(key: RowKey): number;
  mark(x: number, y: number): string;
}

function createSeries(result: ComparisonResult): readonly Series[] {
  const findRatio = (name: string) => (key: RowKey) => computeMedian(computeRatios(result, { key, name }));
  return [
    {
      title: 'node:http by hand',
      getRatio: findRatio('node:http'),
      mark: (x, y) => `<circle class="http" cx="${x}" cy="${y}" r="4"/>`,
    },
    {
      title: 'undici by hand',
      getRatio: findRatio('undici'),
      mark: (x, y) => `<rect class="undici" x="${round(x - 3.5)}" y="${y - 3.5}" width="7" height="7"/>`,
    },
    {
      title: 'best of the other frameworks',
      getRatio: (key) => findBestPeer(result, key)?.value ?? Number.NaN,
      mark: (x, y) => `<path class="peer" d="M${x} ${y - 5}l5.5 9.5h-11z"/>`,
    },
    { title: 'Pawl', getRatio: findRatio(PAWL), mark: (x, y) => `<circle class="pawl" cx="${x}" cy="${y}" r="6"/>` },
  ];
}

function drawLine(result: ComparisonResult, { key, y }: { readonly key: RowKey; readonly y: number }): string {
  const row: TableRow = ROWS[key];
  const marks = createSeries(result).flatMap(({ getRatio, mark }) => {
    const value = getRatio(key);
    return Number.isFinite(value) ? [mark(computeX(value), y)] : [];
  });
  const own = computeMedian(computeRatios(result, { key, name: PAWL })).toFixed(2);
  return `<text x="0" y="${y + 4}">${row.title}</text>${marks.join('')}<text class="own" x="${WIDTH}" y="${y + 4}">${own}</text>`;
}

function drawLegend(result: ComparisonResult): string {
  let x = 0;
  const shown = createSeries(result).filter(({ getRatio }) => rowKeys.some((key) => Number.isFinite(getRatio(key))));
  return shown
    .toReversed()
    .map(({ title, mark }) => {
      const drawn = `${mark(x + 8, 40)}<text x="${x + 20}" y="44">${title}</text>`;
      x += 44 + title.length * 7;
      return drawn;
    })
    .join('\n');
}

function drawTick(ratio: number, bottom: number): string {
  const x = computeX(ratio);
  const line = `<line class="${ratio === 1 ? 'one' : 'grid'}" x1="${x}" x2="${x}" y1="${TOP}" y2="${bottom}"/>`;
  return `${line}<text class="axis" x="${x}" y="${bottom + 18}">${ratio}</text>`;
}

/** Computes a mark's position. Values beyond the scale are drawn at its end. */
function computeX(ratio: number): number {
  const [least = 1, most = 1] = [TICKS[0], TICKS.at(-1)];
  const within = Math.min(Math.max(ratio, least), most);
  return round(LABELS + (Math.log(within / least) / Math.log(most / least)) * (WIDTH - LABELS - RIGHT));
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

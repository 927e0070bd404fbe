// The calls that wait, of every customer, over the runs API.
const headers = { authorization: 'Bearer key-of-lea', 'content-type': 'application/json' };
const list = document.querySelector('#pending');
const status = document.querySelector('#status');

void refresh();
setInterval(refresh, 1_000);

async function refresh() {
  try {
    const { data } = await (await fetch('/v1/runs?status=suspended', { headers })).json();
    const calls = data.flatMap(({ id: run, pending }) => pending.map((call) => ({ run, ...call })));
    list.replaceChildren(...calls.map(createItem));
    document.querySelector('#ledger').textContent = await (await fetch('/ledger')).text();
    status.textContent = calls.length === 0 ? 'Nothing waits.' : '';
  } catch {
    status.textContent = 'The server is away.';
  }
}

function createItem({ run, id, preview, fingerprint }) {
  const item = document.createElement('li');
  item.append(preview);
  for (const type of ['approve', 'deny']) {
    const button = document.createElement('button');
    button.textContent = type === 'approve' ? 'Approve' : 'Deny';
    button.addEventListener('click', async () => {
      const body = JSON.stringify({ pending: id, answer: { type, fingerprint } });
      await fetch(`/v1/runs/${encodeURIComponent(run)}/answers`, { method: 'POST', headers, body });
      await refresh();
    });
    item.append(button);
  }
  return item;
}

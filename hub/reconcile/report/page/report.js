'use strict';
(async () => {
  const words = JSON.parse(document.getElementById('words').textContent);
  const packed = document.getElementById('data').textContent.trim();
  if (!packed || !('DecompressionStream' in window)) return;
  const bytes = Uint8Array.from(atob(packed), (sign) => sign.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  const data = await new Response(stream).json();
  const size = data.size, columns = data.columns, pageRows = 100;
  const value = (name, at) => {
    const column = columns[name];
    return column.dictionary ? column.dictionary[column.values[at]] : column.values[at];
  };
  const scaled = data.scaled.map((text) => (text === null ? null : BigInt(text)));
  const shown = ['key', 'side', 'kind', 'cause', 'field', 'expected', 'actual', 'difference',
    'amount', 'severity', 'state', 'customer', 'owner', 'first_seen', 'age'];
  const searched = ['key', 'customer', 'owner', 'expected', 'actual', 'words', 'field', 'id'];
  const texts = Array.from({length: size}, (_, at) =>
    searched.map((name) => value(name, at) ?? '').join('\n').toLowerCase());
  const table = document.getElementById('findings');
  const body = table.tBodies[0], controls = document.getElementById('filters');
  const pages = document.getElementById('pages');
  controls.hidden = pages.hidden = false;
  let order = [...Array(size).keys()], found = order, page = 0, sort = null, down = false;
  const make = (tag, attributes = {}, ...children) => {
    const made = document.createElement(tag);
    for (const [name, one] of Object.entries(attributes)) made.setAttribute(name, one);
    made.append(...children);
    return made;
  };
  const isolated = (text) => make('bdi', {}, text ?? '');
  const search = controls.querySelector('input[type=search]');
  const least = controls.querySelector('input[name=amount]');
  const selects = [...controls.querySelectorAll('select')];
  for (const select of selects) {
    const name = select.name, column = columns[name];
    const present = column.dictionary ?? [...new Set(column.values)];
    const options = name === 'age' ? data.buckets.map((_, at) => String(at)) : present;
    for (const one of options) {
      if (one === '' || one === null) continue;
      const text = name === 'age' ? data.buckets[one] : one;
      select.append(make('option', {value: one}, text));
    }
  }
  const refresh = () => {
    const text = search.value.trim().toLowerCase();
    const bound = /^\d+(\.\d*)?$/.test(least.value.trim())
      ? BigInt(Math.trunc(Number(least.value) * 100)) * 1000000n : null;
    const wanted = selects.filter((one) => one.value !== '').map((one) => [one.name, one.value]);
    found = order.filter((at) => (!text || texts[at].includes(text))
      && (bound === null || (scaled[at] !== null && scaled[at] >= bound))
      && wanted.every(([name, one]) => (name === 'age'
        ? String(data.bucket[at]) : String(value(name, at))) === one));
    page = 0;
    draw();
  };
  const draw = () => {
    body.replaceChildren();
    const last = Math.max(0, Math.ceil(found.length / pageRows) - 1);
    page = Math.min(page, last);
    for (const at of found.slice(page * pageRows, (page + 1) * pageRows)) {
      const row = make('tr');
      for (const name of shown) {
        const text = value(name, at);
        const cell = make('td', {'data-name': words.columns[name]});
        if (name === 'key') {
          const open = make('button', {class: 'link', type: 'button'}, isolated(text));
          open.addEventListener('click', () => show(at));
          cell.append(open);
        } else if (text !== null && text !== '') {
          cell.append(isolated(String(text)));
        }
        if (name === 'amount' || name === 'age') cell.className = 'n';
        if (name === 'severity') cell.className = columns.severity_code.dictionary
          ? value('severity_code', at) : '';
        row.append(cell);
      }
      body.append(row);
    }
    pages.querySelector('output').textContent = words.page
      .replace('{from}', found.length ? page * pageRows + 1 : 0)
      .replace('{to}', Math.min(found.length, (page + 1) * pageRows))
      .replace('{count}', found.length);
    const [before, after] = pages.querySelectorAll('button');
    before.disabled = page === 0;
    after.disabled = page >= last;
  };
  const differing = (left, right) => {
    let from = 0, to = 0;
    const a = [...left], b = [...right];
    while (from < Math.min(a.length, b.length) && a[from] === b[from]) from += 1;
    while (to < Math.min(a.length, b.length) - from && a.at(-1 - to) === b.at(-1 - to)) to += 1;
    const part = b.slice(from, b.length - to).join('');
    return [b.slice(0, from).join(''), part, b.slice(b.length - to).join('')];
  };
  const dialog = document.getElementById('record');
  const show = (at) => {
    const content = dialog.querySelector('div');
    content.replaceChildren();
    dialog.querySelector('h2').replaceChildren(isolated(value('key', at)));
    const why = [value('kind', at), value('cause', at), value('words', at), value('proposal', at)]
      .filter(Boolean).join(' · ');
    content.append(make('p', {}, isolated(why)));
    if (value('note', at)) content.append(make('p', {}, isolated(value('note', at))));
    const record = data.records[value('canonical', at)];
    if (!record) {
      content.append(make('p', {class: 'soft'}, words.look.replace('{key}', value('key', at))));
    } else {
      const sides = data.sides;
      const head = make('tr', {}, make('th', {}, words.columns.field),
        ...sides.map((one) => make('th', {}, isolated(one.title))), make('th', {}, words.rule));
      const rows = record.fields.map((field) => {
        const values = new Map(field.values.map((one) => [one.side, one]));
        const base = field.values.length ? field.values[0].value ?? '' : '';
        const row = make('tr', {class: field.result}, make('td', {}, isolated(field.title)));
        for (const side of sides) {
          const one = values.get(side.name), cell = make('td');
          if (one) {
            const [before, part, after] = differing(base, one.value ?? '—');
            cell.append(make('bdi', {}, before, ...(part ? [make('mark', {}, part)] : []), after));
            if (one.original) cell.append(make('div', {class: 'soft small'}, isolated(one.original)));
            if (one.source) cell.append(make('div', {class: 'soft small'}, isolated(one.source)));
          }
          row.append(cell);
        }
        row.append(make('td', {class: 'soft small'}, isolated(field.rule)));
        return row;
      });
      content.append(make('div', {class: 'scroll'}, make('table', {}, make('thead', {}, head),
        make('tbody', {}, ...rows))));
      for (const one of record.timeline) {
        content.append(make('p', {}, `${one.at} `, isolated(one.words)));
        if (one.raw) content.append(make('pre', {}, one.raw));
      }
      if (record.annex) content.append(make('p', {}, isolated(record.annex)));
    }
    content.append(make('p', {class: 'soft small'}, `hub reconcile explain ${value('id', at)}`));
    dialog.showModal();
  };
  dialog.querySelector('button').addEventListener('click', () => dialog.close());
  for (const one of [search, least, ...selects]) one.addEventListener('input', refresh);
  const [before, after] = pages.querySelectorAll('button');
  before.addEventListener('click', () => { page -= 1; draw(); });
  after.addEventListener('click', () => { page += 1; draw(); });
  [...table.tHead.rows[0].cells].forEach((cell, number) => {
    const name = shown[number];
    const button = make('button', {type: 'button'}, cell.textContent);
    cell.replaceChildren(button);
    button.addEventListener('click', () => {
      down = sort === name && !down;
      sort = name;
      const key = name === 'amount' ? (at) => scaled[at] ?? -1n : (at) => value(name, at) ?? '';
      order = [...Array(size).keys()].sort((one, other) => {
        const a = key(one), b = key(other);
        return (a < b ? -1 : a > b ? 1 : one - other) * (down ? -1 : 1);
      });
      for (const other of table.tHead.rows[0].cells) other.removeAttribute('aria-sort');
      cell.setAttribute('aria-sort', down ? 'descending' : 'ascending');
      refresh();
    });
  });
  refresh();
  document.documentElement.dataset.ready = 'yes';
})();

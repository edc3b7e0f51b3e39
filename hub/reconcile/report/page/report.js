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
  const collator = new Intl.Collator(document.documentElement.lang, {numeric: true});
  const printed = 500;
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
  // exact: an amount is compared as a whole number of its smallest part, never as a float
  const money = (typed) => {
    const found = /^([-+]?)(\d+)(?:\.(\d*))?$/.exec(
      typed.normalize('NFKC').replace(/[\s,¥$€]/g, ''));
    if (!found) return null;
    const parts = (found[3] ?? '').padEnd(data.places, '0');
    const beyond = /[1-9]/.test(parts.slice(data.places)) ? 1n : 0n;
    const size = BigInt(found[2] + parts.slice(0, data.places)) + beyond;
    return found[1] === '-' ? -size : size;
  };
  const written = (size) => {
    const plain = String(size < 0n ? -size : size).padStart(data.places + 1, '0');
    const whole = plain.slice(0, -data.places).replace(/\B(?=(\d{3})+$)/g, ',');
    const parts = plain.slice(-data.places).replace(/0+$/, '').padEnd(2, '0');
    return `${size < 0n ? '-' : ''}${whole}.${parts}`;
  };
  const sums = () => {
    const by = new Map();
    for (const at of found) {
      if (scaled[at] === null) continue;
      const currency = value('currency', at);
      by.set(currency, (by.get(currency) ?? 0n) + scaled[at]);
    }
    return [...by].sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([currency, size]) => `${written(size)} ${currency}`.trim()).join(' + ');
  };
  const refresh = () => {
    const text = search.value.trim().toLowerCase();
    const bound = money(least.value);
    const wrong = least.value.trim() !== '' && bound === null;
    least.setAttribute('aria-invalid', wrong);
    document.getElementById('said').textContent = wrong ? words.no_amount : '';
    const wanted = selects.filter((one) => one.value !== '').map((one) => [one.name, one.value]);
    found = order.filter((at) => (!text || texts[at].includes(text))
      && (bound === null || (scaled[at] !== null && scaled[at] >= bound))
      && wanted.every(([name, one]) => (name === 'age'
        ? String(data.bucket[at]) : String(value(name, at))) === one));
    page = 0;
    draw();
  };
  const draw = (from = null, to = null) => {
    body.replaceChildren();
    const last = Math.max(0, Math.ceil(found.length / pageRows) - 1);
    page = Math.min(page, last);
    for (const at of found.slice(from ?? page * pageRows, to ?? (page + 1) * pageRows)) {
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
        if (name === 'severity') cell.className = value('severity_code', at);
        if (name === 'first_seen') cell.className = 'day';
        row.append(cell);
      }
      body.append(row);
    }
    const worth = sums();
    const count = words.page
      .replace('{from}', found.length ? page * pageRows + 1 : 0)
      .replace('{to}', Math.min(found.length, (page + 1) * pageRows))
      .replace('{count}', found.length.toLocaleString('en'));
    pages.querySelector('output').textContent = worth
      ? `${count} · ${words.sum.replace('{amounts}', () => worth)}` : count;
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
    const details = make('dl', {class: 'details'});
    for (const name of shown) {
      const text = value(name, at);
      if (name === 'key' || text === null || text === '') continue;
      details.append(make('div', {}, make('dt', {}, words.columns[name]),
        make('dd', name === 'severity' ? {class: value('severity_code', at)} : {},
          isolated(String(text)))));
    }
    content.append(details);
    if (value('note', at)) content.append(make('p', {}, isolated(value('note', at))));
    const record = data.records[value('canonical', at)];
    if (!record) {
      content.append(make('p', {class: 'soft'}, words.look.replace('{key}', () => value('key', at))));
    } else {
      const sides = data.sides;
      const head = make('tr', {}, make('th', {}, words.columns.field),
        ...sides.map((one) => make('th', {}, isolated(one.title))), make('th', {}, words.rule));
      const rows = record.fields.map((field) => {
        const values = new Map(field.values.map((one) => [one.side, one]));
        const leading = sides.find((one) => one.authority)?.name ?? field.values[0]?.side;
        const base = values.get(leading)?.value ?? '';
        const row = make('tr', {class: field.result}, make('td', {}, isolated(field.title),
          make('div', {class: 'soft small'}, words.results[field.result] ?? field.result)));
        for (const side of sides) {
          const one = values.get(side.name), cell = make('td');
          if (one) {
            const [before, part, after] = one.value === null || side.name === leading
              ? ['', '', one.value ?? '—'] : differing(base, one.value);
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
      if (record.timeline.length) content.append(make('h3', {}, words.timeline));
      for (const one of record.timeline) {
        content.append(make('p', {}, `${one.at} `, isolated(one.words)));
        if (one.raw) content.append(make('pre', {}, one.raw));
      }
      if (record.annex) {
        content.append(make('p', {}, isolated(words.annex.replace('{annex}', () => record.annex))));
      }
    }
    content.append(make('p', {class: 'soft small'}, `hub reconcile explain ${value('id', at)}`));
    dialog.showModal();
  };
  dialog.querySelector('button').addEventListener('click', () => dialog.close());
  for (const one of [search, least, ...selects]) one.addEventListener('input', refresh);
  controls.querySelector('button').addEventListener('click', () => {
    for (const one of [search, least, ...selects]) one.value = '';
    refresh();
    search.focus();
  });
  // paper cannot be paged through
  window.addEventListener('beforeprint', () => draw(0, printed));
  window.addEventListener('afterprint', () => draw());
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
      const rank = new Map(words.severities.map((code, at) => [code, -at]));
      const key = name === 'amount' ? (at) => scaled[at]
        : name === 'severity' ? (at) => rank.get(value('severity_code', at))
          : (at) => value(name, at);
      // what has no value comes last either way; equal ones stay the gravest first
      order = [...Array(size).keys()].sort((one, other) => {
        const a = key(one), b = key(other);
        const none = a === null || a === '', nothing = b === null || b === '';
        if (none || nothing) return none - nothing || one - other;
        const sign = typeof a === 'string' ? collator.compare(a, b) : a < b ? -1 : a > b ? 1 : 0;
        return (down ? -sign : sign) || one - other;
      });
      for (const other of table.tHead.rows[0].cells) other.removeAttribute('aria-sort');
      cell.setAttribute('aria-sort', down ? 'descending' : 'ascending');
      refresh();
    });
  });
  refresh();
  document.documentElement.dataset.ready = 'yes';
})();

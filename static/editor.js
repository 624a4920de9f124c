// The grid of a role as one tab stop: arrows move and change nothing, keys set. Without this file its radios work as any do.
(() => {
  const $ = (s, r = document) => r.querySelector(s), $$ = (s, r = document) => [...r.querySelectorAll(s)];
  const what = '.lvl select:enabled, .r-n .ib, .cell:has(input:enabled), .star summary';
  const focusable = item => item.matches('.cell') ? $('input:checked', item) : item;
  const middle = x => { const b = x.getBoundingClientRect(); return b.left + b.width / 2; };

  const grid = mx => {
    mx.dataset.roving = '';
    const info = $('.mx-info', mx), hint = [...info.childNodes];
    const items = r => $$(what, r).filter(x => x.checkVisibility()), rows = () => $$('.r', mx).filter(r => items(r).length);
    let here; // the tab stop
    const stop = item => {
      if (here) for (const x of here.matches('.cell') ? $$('input', here) : [here]) x.tabIndex = -1;
      here = item;
      if (here) focusable(here).tabIndex = 0;
    };
    // a filter, a closed area and an edit may take the stop away
    const again = () => { if (!here?.isConnected || !here.checkVisibility()) stop(rows().flatMap(items).find(x => x.matches('.cell')) ?? rows().flatMap(items)[0]); else stop(here); };
    const tell = cell => {
      if (!cell) { info.replaceChildren(...hint); return; }
      const [about, ...more] = cell.getAttribute('aria-describedby').split(' ').map(id => document.getElementById(id)?.cloneNode(true)), [row, label] = cell.ariaLabel.split(': ');
      const state = { allow: 'allowed', deny: 'denied' }[$('input:checked', cell).value] ?? 'not set';
      info.replaceChildren(`${row} · `, ...(about ? $('dt', about).childNodes : [label]), `: ${state}. `, ...(about ? $('dd', about).childNodes : []), ...more.filter(m => m).map(m => ` ${m.textContent}`));
    };
    const go = item => { if (!item) return; stop(item); focusable(item).focus(); item.scrollIntoView({ block: 'nearest' }); };
    const set = (cell, v) => {
      const x = $$('input:enabled', cell).find(i => i.value === v);
      if (x && !x.checked) { x.checked = true; x.dispatchEvent(new Event('change', { bubbles: true })); }
      go(cell);
    };

    for (const code of $$('.means dt code')) code.closest('div').id = `d.${code.textContent.replace(':', '.')}`;
    for (const c of $$('.cell', mx)) c.setAttribute('aria-describedby', `d.${$('input', c).name.split('.').slice(1).join('.')} ${c.getAttribute('aria-describedby') ?? ''}`.trim());
    for (const x of $$('.cell input, .lvl select, .r-n .ib, .star summary', mx)) x.tabIndex = -1;
    for (const a of $$(`.toc-box.m-${mx.dataset.scope} a`)) {
      a.tabIndex = -1; // the areas are tab stops themselves
      a.addEventListener('click', () => { if (!document.getElementById(a.hash.slice(1)).checkVisibility()) { $('.show-all', mx).checked = true; again(); } });
    }
    again();
    mx.addEventListener('focusin', e => { const item = e.target.closest(what); if (item) { if (item !== here) stop(item); tell(item.matches('.cell') && item); } });
    mx.addEventListener('pointerover', e => { const c = e.target.closest('.cell'); if (c) tell(c); });
    mx.addEventListener('change', e => { const c = e.target.closest('.cell'); if (c) { stop(c); tell(c); } else setTimeout(again); });
    mx.addEventListener('input', () => setTimeout(again));
    mx.addEventListener('toggle', () => again(), true);
    document.addEventListener('reset', () => setTimeout(again));

    mx.addEventListener('keydown', e => {
      const item = e.target.closest(what), row = item?.closest('.r'), k = e.key.length === 1 ? e.key.toLowerCase() : e.key, ctrl = e.ctrlKey || e.metaKey;
      if (!row || e.target.closest('.pop') || e.altKey || e.shiftKey) return;
      const list = items(row), all = rows(), at = list.indexOf(item), forth = getComputedStyle(mx).direction === 'rtl' ? -1 : 1;
      const near = r => r && items(r).reduce((a, b) => Math.abs(middle(b) - middle(item)) < Math.abs(middle(a) - middle(item)) ? b : a);
      const moves = {
        ArrowLeft: () => list[at - forth], ArrowRight: () => list[at + forth],
        ArrowUp: () => near(all[all.indexOf(row) - 1]), ArrowDown: () => near(all[all.indexOf(row) + 1]),
        Home: () => ctrl ? items(all[0])[0] : list[0], End: () => ctrl ? items(all.at(-1)).at(-1) : list.at(-1),
      };
      if (k in moves) { e.preventDefault(); e.stopPropagation(); go(moves[k]()); return; }
      if (ctrl) return;
      const cell = item.matches('.cell') && item, to = { a: 'allow', d: 'deny', Backspace: '', Delete: '', ' ': cell && $('input:checked', cell).value ? '' : 'allow' };
      if (cell && k in to) { e.preventDefault(); e.stopPropagation(); set(cell, to[k]); }
      else if (k === 'i') $('.r-n .ib', row)?.click();
    }, true);
  };
  const begin = () => { for (const mx of $$('.mx:not([data-roving])')) grid(mx); };
  document.addEventListener('htmx:after:swap', begin);
  begin();
})();

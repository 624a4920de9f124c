// The page of a role: a running summary of the edits; and its grid as one tab stop, in which arrows only move, and other keys set
// a cell. Without this file its radios work like any others.
(() => {
  const $ = (s, r = document) => r.querySelector(s), $$ = (s, r = document) => [...r.querySelectorAll(s)], { narrow, keep } = window.page;

  // the effect of the cells, what was changed, and what is sent
  const editor = form => {
    form.dataset.edits = '';
    const cells = $$('.cell, .keep', form), rows = $$('.r[data-r]', form), grids = $$('.mx', form);
    const name = c => $('input', c).name.split('.').slice(1).join(':'), action = c => name(c).split(':')[1];
    const val = c => $('input:checked', c)?.value ?? '', was = c => $('.s', c)?.value ?? '';
    const set = (c, v) => { const i = $$('input:enabled', c).find(i => i.value === v); if (i) i.checked = true; };
    const sign = v => v === 'allow' ? ['add', '+', 'Allow '] : v === 'deny' ? ['den', '⊘', 'Deny '] : ['del', '−', 'Clear '];
    const names = $$('[data-was]', form), isNew = 'new' in form.dataset, pending = isNew || 'refused' in form.dataset;
    // in a new role nothing counts as an edit
    const changed = () => cells.filter(c => !isNew && val(c) !== was(c)), renamed = () => names.filter(i => !isNew && i.value !== i.dataset.was).length;

    // labels in a row begin with the name of its type: written into the page, these would be a tenth of it
    for (const r of rows) for (const c of $$('.cell, [data-lvl], .r-n .ib', r)) if (!c.ariaLabel.startsWith(`${r.ariaLabel}: `)) c.ariaLabel = `${r.ariaLabel}: ${c.ariaLabel}`;
    const label = c => c.matches('.keep') ? name(c) : c.ariaLabel; // stored permissions that the catalog does not know have no label

    const presets = new Map([['none', () => false], ['full', () => true], ...JSON.parse(form.dataset.presets).map(([k, ...all]) => [k, a => all.includes(a)])]);
    const level = r => [...presets.keys()].find(k => $$('.cell', r).every(c => val(c) === (presets.get(k)(action(c)) ? 'allow' : ''))) ?? 'custom';
    // the effect of a cell, including what the wildcard row says about its action
    const effect = (c, star) => { const v = [val(c), star.get(action(c))]; return v.includes('deny') ? 'deny' : v.includes('allow') ? 'allow' : ''; };

    const line = c => {
      const [cls, mark, word] = sign(val(c)), li = $('#diff-line').content.firstElementChild.cloneNode(true), [s, code, b] = li.children;
      s.classList.add(cls); s.textContent = mark;
      code.firstChild.textContent = word; code.append(label(c)); code.title = `${label(c)} · ${name(c)}`;
      b.ariaLabel = `Undo ${label(c)}`; b.onclick = () => { set(c, was(c)); sync(); };
      return li;
    };
    const tell = (what, text) => { for (const x of $$(what, form)) x.textContent = text; };
    const sync = () => {
      let allowed = 0, denied = 0;
      const diff = changed(), given = new Map(cells.filter(c => val(c) === 'allow').map(c => [name(c), label(c)]));
      for (const r of rows) { const s = $('[data-lvl]', r); if (s) s.value = level(r); }
      for (const mx of grids) {
        const star = new Map($$('.star .cell', mx).map(c => [action(c), val(c)]));
        let n = 0;
        for (const area of $$('.area', mx)) {
          const cs = $$('.cell', area);
          for (const c of cs) { c.classList.toggle('wa', star.get(action(c)) === 'allow'); c.classList.toggle('wd', star.get(action(c)) === 'deny'); }
          const v = cs.map(c => effect(c, star)), A = v.filter(x => x === 'allow').length, D = v.filter(x => x === 'deny').length;
          const edits = diff.filter(c => area.contains(c)).length;
          $('.edits', area).textContent = edits ? `${edits} edited` : '';
          if (!$('[data-n]', area)) continue;
          if ('own' in mx.dataset) { allowed += A; denied += D; }
          n += A + D;
          $('[data-n]', area).textContent = `${A} of ${cs.length}`; $('[data-d]', area).textContent = D ? `${D} denied` : '';
          const toc = $(`.toc a[href="#${area.id}"]`, form);
          $('.n', toc).textContent = `${A}/${cs.length}`; $('.g', toc).setAttribute('width', A); $('.b', toc).setAttribute('x', A); $('.b', toc).setAttribute('width', D);
        }
        tell(`[data-scope-n="${mx.dataset.scope}"]`, n);
        tell(`[data-set-n="${mx.dataset.scope}"]`, $$('.cell', mx).filter(val).length);
      }
      tell('[data-t-al]', allowed); tell('[data-t-dn]', denied);
      for (const c of $$('[data-risks]', form)) c.textContent = c.dataset.risks.split(' ').filter(p => given.has(p)).map(p => given.get(p)).join(', ');
      const total = diff.length + renamed();
      const set = cells.filter(val).length;
      tell('[data-nset]', `${set} permission${set === 1 ? '' : 's'}`);
      tell('[data-nbar], [data-ndiff]', total); tell('[data-nword]', total === 1 ? 'change' : 'changes');
      form.classList.toggle('dirty', pending || total > 0);
      if (!form.saved) keep(form); // presets and undo set cells without an event
      $('[data-diff]', form)?.replaceChildren(...diff.map(line));
    };

    form.addEventListener('change', e => {
      const preset = e.target.matches('[data-lvl]') && presets.get(e.target.value);
      if (preset) for (const c of $$('.cell', e.target.closest('.r'))) set(c, preset(action(c)) ? 'allow' : '');
      sync();
    });
    form.addEventListener('input', e => { if (e.target.matches('[data-was]')) sync(); });
    form.addEventListener('reset', () => setTimeout(sync));

    form.addEventListener('keydown', e => {
      if ((e.ctrlKey || e.metaKey) && e.key.toLowerCase() === 's') { e.preventDefault(); $('[data-save]', form)?.click(); }
    });

    // filter: resource, identifier, area, action, or meaning
    for (const mx of grids) {
      const box = $('[data-filter]', mx);
      box.oninput = () => {
        narrow(box, mx, '.r', '.area', r => [r.textContent, $('.ib', r)?.popoverTargetElement?.textContent, $('summary span', r.parentNode)?.textContent, ...$$('.cell', r).map(name)].join(' '));
        if (box.value) { $('.show-all', mx).checked = true; for (const a of $$('.area', mx)) a.open = true; } // a search covers everything
      };
      box.onkeydown = e => { if (e.key === 'Escape') { box.value = ''; box.oninput(); } };
    }

    // only changed cells are sent, so that two people who change different cells do not undo each other's edits
    form.addEventListener('formdata', e => {
      if (!isNew) for (const c of cells) if (val(c) === was(c)) e.formData.delete($('input', c).name);
    });

    // small screens start with the empty areas folded (a closed <details> still sends its fields). The stylesheet folded them
    // before the first paint, so that unseen rows are not laid out
    if (matchMedia('(max-width: 60rem)').matches) for (const a of $$('[data-fold]', form)) a.open = false;
    form.addEventListener('toggle', e => { if (e.target.open) delete e.target.dataset.fold; }, true);
    if (pending || changed().length) sync(); // otherwise it is as the server rendered it
  };

  // the grid
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
    // a filter, a closed area or an edit may hide the tab stop
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
  const begin = () => {
    for (const role of $$('form#role:not([data-edits])')) editor(role);
    for (const mx of $$('.mx:not([data-roving])')) grid(mx);
  };
  document.addEventListener('htmx:after:swap', begin);
  begin();
})();

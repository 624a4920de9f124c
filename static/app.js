// Enhancements only: every page works without this file.
(() => {
  const $ = (s, r = document) => r.querySelector(s), $$ = (s, r = document) => [...r.querySelectorAll(s)];
  const on = (type, selector, fn) => document.addEventListener(type, e => { const el = e.target.closest?.(selector); if (el) fn(e, el); });
  const plain = e => !e.ctrlKey && !e.metaKey && !e.altKey && !e.shiftKey;
  const typing = e => e.target.closest('input:not([type=radio]):not([type=checkbox]), textarea, select, [contenteditable]');
  const root = document.documentElement;
  // hides the items that do not have every word, and the groups that have no item left
  const narrow = (box, list, items, groups = '_', text = i => i.textContent) => {
    const words = box.value.trim().toLowerCase().split(/[\s:]+/);
    for (const i of $$(items, list)) i.hidden = !words.every(w => text(i).toLowerCase().includes(w));
    for (const g of $$(groups, list)) g.hidden = !$$(items, g).some(i => !i.hidden);
  };

  // ---- theme: the server sets data-theme from the cookie, so nothing flashes
  on('click', '[data-theme-toggle]', e => {
    e.preventDefault();
    const dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
    root.dataset.theme = dark ? 'light' : 'dark';
    document.cookie = `theme=${root.dataset.theme}; path=/; max-age=31536000; samesite=lax${location.protocol === 'https:' ? '; secure' : ''}`;
  });

  // ---- times: UTC from the server, here in the zone of the reader. Intl takes long to load: only for one who asks
  const localize = () => {
    for (const t of $$('time[data-day]')) {
      const [, month, day, year] = new Date(t.dateTime).toDateString().split(' ');
      t.textContent = `${+day} ${month} ${year}`;
    }
  };
  on('mouseover', 'time', (e, t) => { t.title = new Date(t.dateTime).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'long' }); });

  // ---- toast: goes after 8 s, unless somebody is at it
  const toast = $('#toast');
  let gone;
  const arm = () => { clearTimeout(gone); if (toast.firstChild) gone = setTimeout(() => toast.matches(':hover, :focus-within') ? arm() : toast.replaceChildren(), 8000); };
  new MutationObserver(arm).observe(toast, { childList: true });
  arm();
  on('click', '[data-dismiss]', () => toast.replaceChildren());

  // ---- popovers, anchored to what opened them
  const openers = new WeakMap();
  const open = (pop, el) => {
    openers.set(pop, el);
    pop.showPopover({ source: el });
    el.setAttribute('aria-expanded', 'true');
  };
  document.addEventListener('toggle', e => {
    const pop = e.target, el = openers.get(pop);
    if (!el || e.newState !== 'closed') return;
    openers.delete(pop);
    el.removeAttribute('aria-expanded');
    const lost = document.activeElement === document.body || pop.contains(document.activeElement);
    if (lost) (el.isConnected ? el : document.getElementById(el.id))?.focus(); // the row may have been swapped meanwhile
  }, true);

  // one menu serves all rows: it is filled from the row that it is opened from
  on('click', '[data-menu]', (e, el) => {
    if (!plain(e)) return;
    e.preventDefault();
    const menu = document.getElementById(el.dataset.menu), edit = $('a[data-pop]', el.closest('tr'));
    const item = (k, prop, v) => { const i = $(`[data-item=${k}]`, menu); i.hidden = !v; i[prop] = v; };
    item('view', 'href', el.href);
    item('edit', 'onclick', edit && (() => { menu.hidePopover(); edit.click(); }));
    item('remove', 'href', el.dataset.remove ?? '');
    item('remove-no', 'textContent', el.dataset.removeNo);
    open(menu, el);
    $('a, button', menu).focus();
  });
  on('submit', '.toolbar', () => $$('.pick-pop:popover-open').forEach(p => p.hidePopover()));

  // ---- roles of a member: what the change will be, and a filter
  const summarize = form => {
    const d = $$('input[type=checkbox][name=role]', form).filter(i => i.checked !== ('held' in i.dataset))
      .map(i => (i.checked ? '+ ' : '− ') + $('b', i.closest('label')).textContent);
    $('.diff', form).textContent = d.join('  ');
  };
  on('change', '[data-assign]', (e, form) => summarize(form));
  on('input', '[data-options]', (e, box) => narrow(box, box.closest('[data-options-in], form'), '.opt', '[data-options-group]'));
  on('keydown', '[data-options], [data-filter]', e => { if (e.key === 'Enter') e.preventDefault(); });

  // ---- explainer: only actions that the resource type has, and a filter over all permissions
  const sensible = types => {
    const has = types.selectedOptions[0]?.dataset.actions?.split(' ');
    if (has) for (const o of $$('select[data-actions] option', types.form)) if (o.value) o.hidden = o.disabled = !has.includes(o.value);
  };
  on('change', '[data-types]', (e, types) => {
    sensible(types);
    const actions = $('select[data-actions]', types.form);
    if (actions.selectedOptions[0]?.disabled) actions.value = [...actions.options].find(o => o.value && !o.disabled)?.value;
  });
  on('input', '[data-narrow]', (e, box) => narrow(box, box.closest('[data-narrowed]'), '[data-text]', '.area', r => r.dataset.text));

  // ---- lists: ticking all of a page, which ends with the first row that is not ticked
  on('change', '#bulk .ck', (e, box) => {
    const rows = $$('tbody .ck:enabled', box.form), all = $('[data-all]', box.form), many = $('[name=all]', box.form);
    if (box === all) for (const r of rows) r.checked = all.checked;
    const n = rows.filter(r => r.checked).length;
    all.checked = n > 0 && n === rows.length; all.indeterminate = n > 0 && !all.checked;
    if (many && !all.checked) many.checked = false;
  });
  on('reset', '#bulk', () => { $('[data-all]').indeterminate = false; });

  on('change', '[data-submit]', (e, el) => el.form.requestSubmit());

  // ---- secrets that are shown once
  on('click', '[data-copy]', async (e, b) => {
    const box = $(b.dataset.copy), label = $('span', b);
    try { await navigator.clipboard.writeText(box.value); } catch { box.select(); document.execCommand('copy'); } // no clipboard without TLS
    label.textContent = 'Copied';
    setTimeout(() => { label.textContent = 'Copy'; }, 2000);
  });
  on('focusin', '[data-select]', (e, box) => box.select());

  // ---- jump to anything: the search page in a dialog
  const palette = $('#palette'), keymap = $('#keymap'), hits = $('#hits');
  if (/Mac|iP/.test(navigator.platform)) for (const k of $$('[data-mod]')) k.textContent = k.textContent.replace('Ctrl', '⌘');
  const dialog = d => { for (const p of $$(':popover-open')) p.hidePopover(); if (!$('dialog[open]')) d?.showModal(); };
  const ask = palette && $('[name=q]', palette);
  let stale = true, enter = false; // the hits are not those of the text; Enter waits for them
  const jump = () => { dialog(palette); ask.select(); stale = true; ask.dispatchEvent(new Event('palette')); };
  on('click', '[data-palette]', (e, el) => { if (plain(e) && palette) { e.preventDefault(); jump(); } });
  on('click', '[data-keys]', () => dialog(keymap));
  on('click', 'dialog', (e, d) => { if (e.target === d) d.close(); });
  ask?.addEventListener('input', () => { stale = true; });
  palette?.addEventListener('keydown', e => {
    const list = $$('.hit', palette), at = list.indexOf(document.activeElement), step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
    if (step) { e.preventDefault(); (at + step < 0 ? ask : list[Math.min(at + step, list.length - 1)])?.focus(); }
    else if (e.key === 'Enter' && e.target === ask) { e.preventDefault(); if (stale) enter = true; else list[0]?.click(); }
    else if (e.key.length === 1 && plain(e) && e.target !== ask) ask.focus();
  });
  on('input', '[data-menu-filter]', (e, box) => narrow(box, box.closest('.menu'), '.menu-b a'));

  // ---- shortcuts of one key: off while typing, and by the switch in the account
  let went = -Infinity;
  addEventListener('keydown', e => {
    if ((e.ctrlKey || e.metaKey) && e.key === 'k' && palette) { e.preventDefault(); jump(); return; }
    if (root.dataset.keys === 'off' || e.defaultPrevented || e.ctrlKey || e.metaKey || e.altKey || typing(e) || $('dialog[open]')) return;
    const key = e.key.toLowerCase(), second = e.timeStamp - went < 1500;
    went = -Infinity;
    const go = second && $$('[data-go]').find(a => a.dataset.go.toLowerCase() === key);
    if (go) { go.click(); return; }
    const line = 'main :is(.tbl tbody tr:not(.grp), .r[data-r])', rows = $$(line).filter(r => r.offsetParent), row = e.target.closest(line);
    if (key === '?') dialog(keymap);
    else if (key === 'g') went = e.timeStamp;
    else if (key === 'z') $('[data-undo]')?.click();
    else if (key === '/') {
      const f = $$('[data-hotkey="/"]').find(x => x.offsetParent);
      if (f) { e.preventDefault(); f.focus(); f.select(); }
    }
    else if ((key === 'j' || key === 'k') && rows.length) {
      const next = rows[row ? rows.indexOf(row) + (key === 'j' ? 1 : -1) : 0];
      $('.c-who a, .cell input:checked', next ?? row)?.focus();
    } else if (key === 'r' && row) $('a[data-pop]', row)?.click();
  });

  // ---- what keeps an answer from coming is told at the top of the page; what was there stays
  const trouble = $('#trouble');
  document.addEventListener('htmx:response:error', e => {
    const { ctx } = e.detail;
    if (ctx.response.status >= 500 && ctx.target?.id === 'results' && trouble) { ctx.hx.retarget = trouble; ctx.hx.reswap = 'innerHTML'; }
  });
  document.addEventListener('htmx:error', e => {
    const source = e.detail.ctx?.sourceElement;
    if (!source || !trouble || e.detail.ctx.response) return;
    trouble.replaceChildren($('#offline').content.cloneNode(true));
    $('[data-retry]', trouble).onclick = () => { const again = source.form ?? source; trouble.replaceChildren(); if (again.requestSubmit) again.requestSubmit(); else again.click(); };
    trouble.scrollIntoView({ block: 'nearest' });
  });

  // ---- htmx
  document.addEventListener('htmx:config:request', e => {
    const { method, body } = e.detail.ctx.request;
    if (method === 'GET' && body) for (const [k, v] of [...body]) if (v === '') body.delete(k);
  });
  document.addEventListener('htmx:before:request', e => e.detail.ctx.target?.setAttribute?.('aria-busy', 'true'));
  document.addEventListener('htmx:finally:request', e => e.detail.ctx.target?.removeAttribute?.('aria-busy'));
  document.addEventListener('htmx:after:swap', e => {
    const { ctx } = e.detail, pop = $('#pop'), source = ctx.sourceElement;
    localize();
    if (trouble && ctx.target !== trouble) trouble.replaceChildren();
    if (ctx.target === hits) { stale = false; if (enter) { enter = false; $('.hit', hits)?.click(); } }
    if (source.matches('[data-pop]')) open(pop, source);
    if (source.matches('[data-assign]') && ctx.response.status < 400) pop.hidePopover();
    if (pop?.matches(':popover-open')) {
      const form = $('[data-assign]', pop);
      if (form) summarize(form);
      ($('#errors, [autofocus]', pop) || $('input:not([type=hidden])', pop))?.focus();
    } else if (ctx.target?.id === 'results' && document.activeElement === document.body) {
      ctx.target.focus({ preventScroll: true }); // the link that was followed is gone
    }
  });

  // ---- role editor
  const form = $('#role');
  const editor = () => {
    const cells = $$('.cell, .keep', form), rows = $$('.r[data-r]', form), grids = $$('.mx', form);
    const name = c => $('input', c).name.split('.').slice(1).join(':'), action = c => name(c).split(':')[1];
    const val = c => $('input:checked', c)?.value ?? '', was = c => $('.s', c)?.value ?? '';
    const set = (c, v) => { const i = $$('input:enabled', c).find(i => i.value === v); if (i) i.checked = true; };
    const sign = v => v === 'allow' ? ['add', '+', 'Allow '] : v === 'deny' ? ['den', '⊘', 'Deny '] : ['del', '−', 'Clear '];
    const names = $$('[data-was]', form), isNew = 'new' in form.dataset, pending = isNew || 'refused' in form.dataset;
    // nothing in a new role is an edit
    const changed = () => cells.filter(c => !isNew && val(c) !== was(c)), renamed = () => names.filter(i => !isNew && i.value !== i.dataset.was).length;

    const presets = { none: () => false, full: () => true, read: a => a === 'read', write: a => ['create', 'read', 'update'].includes(a) };
    const level = r => Object.keys(presets).find(k => $$('.cell', r).every(c => val(c) === (presets[k](action(c)) ? 'allow' : ''))) ?? 'custom';
    // what a cell comes to, with what the wildcard row says of its action
    const effect = (c, star) => { const v = [val(c), star.get(action(c))]; return v.includes('deny') ? 'deny' : v.includes('allow') ? 'allow' : ''; };

    const line = c => {
      const [cls, mark, word] = sign(val(c)), li = $('#diff-line').content.firstElementChild.cloneNode(true), [s, code, b] = li.children;
      s.classList.add(cls); s.textContent = mark;
      code.firstChild.textContent = word; code.append(name(c)); code.title = name(c);
      b.ariaLabel = `Undo ${name(c)}`; b.onclick = () => { set(c, was(c)); sync(); };
      return li;
    };
    const tell = (what, text) => { for (const x of $$(what, form)) x.textContent = text; };
    const sync = () => {
      let allowed = 0, denied = 0;
      const diff = changed(), given = new Set(cells.filter(c => val(c) === 'allow').map(name));
      for (const r of rows) { const s = $('[data-lvl]', r); if (s) s.value = level(r); }
      for (const mx of grids) {
        const star = new Map($$('.star .cell', mx).map(c => [action(c), val(c)]));
        let n = 0;
        for (const area of $$('.area', mx)) {
          const cs = $$('.cell', area), v = cs.map(c => effect(c, star)), A = v.filter(x => x === 'allow').length, D = v.filter(x => x === 'deny').length;
          $('.edits', area).textContent = `${diff.filter(c => area.contains(c)).length} edited`;
          if (!cs.length) continue;
          if ('own' in mx.dataset) { allowed += A; denied += D; }
          n += A + D;
          $('[data-n]', area).textContent = `${A} of ${cs.length}`; $('[data-d]', area).textContent = D ? `${D} denied` : '';
          const toc = $(`[data-toc="${area.id}"]`, form);
          $('.n', toc).textContent = `${A}/${cs.length}`; $('.g', toc).setAttribute('width', A); $('.b', toc).setAttribute('x', A); $('.b', toc).setAttribute('width', D);
        }
        tell(`[data-scope-n="${mx.dataset.scope}"]`, n);
      }
      tell('[data-t-al]', allowed); tell('[data-t-dn]', denied);
      for (const c of $$('[data-risks]', form)) c.textContent = c.dataset.risks.split(' ').filter(p => given.has(p)).join(' ');
      const total = diff.length + renamed();
      tell('[data-nbar], [data-ndiff]', total); tell('[data-nword]', total === 1 ? 'change' : 'changes');
      form.classList.toggle('dirty', pending || total > 0);
      $('[data-diff]', form)?.replaceChildren(...diff.map(line));
    };

    form.addEventListener('change', e => {
      const preset = e.target.matches('[data-lvl]') && presets[e.target.value];
      if (preset) for (const c of $$('.cell', e.target.closest('.r'))) set(c, preset(action(c)) ? 'allow' : '');
      sync();
    });
    form.addEventListener('input', e => { if (e.target.matches('[data-was]')) sync(); });
    form.addEventListener('reset', () => setTimeout(sync));

    // keys in a permission: A allow, D deny, Backspace clear, Space toggle
    form.addEventListener('keydown', e => {
      if ((e.ctrlKey || e.metaKey) && e.key.toLowerCase() === 's') { e.preventDefault(); $('[data-save]', form)?.click(); return; }
      if (!plain(e)) return;
      const c = e.target.closest('.cell'), k = e.key.toLowerCase(), to = { a: 'allow', d: 'deny', backspace: '', delete: '' };
      if (c && (k in to || k === ' ')) { e.preventDefault(); set(c, k === ' ' ? (val(c) ? '' : 'allow') : to[k]); $('input:checked', c).focus(); sync(); }
    });

    // filter: resource, identifier, area or action
    for (const mx of grids) {
      const box = $('[data-filter]', mx);
      box.oninput = () => {
        narrow(box, mx, '.r', '.area', r => [r.textContent, $('summary span', r.parentNode)?.textContent, ...$$('.cell', r).map(name)].join(' '));
        if (box.value) for (const a of $$('.area', mx)) a.open = true;
      };
      box.onkeydown = e => { if (e.key === 'Escape') { box.value = ''; box.oninput(); } };
    }

    // only what was changed is sent, so that two people who change different cells do not undo each other
    form.addEventListener('formdata', e => {
      if (!isNew) for (const c of cells) if (val(c) === was(c)) e.formData.delete($('input', c).name);
    });
    let leaving = false;
    form.addEventListener('submit', () => { leaving = true; });
    on('click', '[data-leave]', () => { leaving = true; });
    addEventListener('beforeunload', e => { if (!leaving && changed().length + renamed()) e.preventDefault(); });

    // a new role is named after its display name until somebody names it
    const slug = $('[data-slug]', form), display = form.elements.display_name;
    if (slug) {
      let own = slug.value !== '';
      slug.addEventListener('input', () => { own = slug.value !== ''; });
      display.addEventListener('input', () => { if (!own) slug.value = (display.value.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().match(/[a-z0-9]+/g) ?? []).join('-').slice(0, 32).replace(/-$/, ''); });
    }
    // small screens start with the empty areas folded (a closed <details> still sends its fields), which the stylesheet did
    // before the first paint: rows that nobody has seen are not laid out
    if (matchMedia('(max-width: 60rem)').matches) for (const a of $$('[data-fold]', form)) a.open = false;
    form.addEventListener('toggle', e => { if (e.target.open) delete e.target.dataset.fold; }, true);
    if (pending || changed().length) sync(); // else it is as the server wrote it
  };

  localize();
  $('main input[autofocus]')?.select(); // what was searched for is in the way of what will be
  for (const types of $$('[data-types]')) sensible(types);
  if (form) editor();
  for (const f of $$('[data-assign]')) summarize(f);
})();

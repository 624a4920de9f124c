// Passkeys: forms with data-passkey ask the browser for one and send its answer. They are hidden until this runs in a browser
// that supports passkeys.
(() => {
  'use strict';
  if (!window.PublicKeyCredential || !navigator.credentials) return;
  const show = () => document.querySelectorAll('[data-passkeys]').forEach(el => { el.hidden = false; });
  show();
  document.addEventListener('htmx:after:swap', show); // forms that came with the answer to another one

  const bytes = text => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), c => c.charCodeAt(0));
  const text = buffer => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
  const known = list => (list ?? []).map(c => ({ ...c, id: bytes(c.id) }));

  // The options from the server, with bytes instead of text.
  const ask = async form => {
    const sent = {};
    for (const name of ['challenge', 'password']) if (form.elements[name]) sent[name] = form.elements[name].value;
    let response, answer;
    try {
      response = await fetch(form.dataset.options, {
        method: 'POST', headers: { 'Content-Type': 'application/json', Accept: 'application/json' }, body: JSON.stringify(sent),
      });
      answer = await response.json();
    } catch {
      throw new Error('The server can’t be reached. Nothing was saved.');
    }
    if (!response.ok) throw new Error([answer.message, answer.validations?.[0]?.detail ? `It ${answer.validations[0].detail}.` : answer.detail].filter(Boolean).join(' '));
    const key = answer.publicKey;
    key.challenge = bytes(key.challenge);
    if (key.user) key.user.id = bytes(key.user.id);
    key.excludeCredentials = known(key.excludeCredentials);
    key.allowCredentials = known(key.allowCredentials);
    return key;
  };

  // The answer of the browser, as text.
  const written = c => {
    const r = c.response, response = { clientDataJSON: text(r.clientDataJSON) };
    if (r.attestationObject) {
      response.attestationObject = text(r.attestationObject);
      response.transports = r.getTransports?.() ?? [];
    } else {
      response.authenticatorData = text(r.authenticatorData);
      response.signature = text(r.signature);
      if (r.userHandle) response.userHandle = text(r.userHandle);
    }
    return JSON.stringify({ id: c.id, rawId: text(c.rawId), type: c.type, response });
  };

  const say = (form, words) => {
    const note = form.querySelector('[data-passkey-note]');
    note.textContent = words;
    note.hidden = !words;
  };
  const send = (form, credential) => {
    form.elements.credential.value = written(credential);
    form.submit();
  };
  const words = err => {
    if (err.name === 'InvalidStateError') return 'This device has a passkey for your account already.';
    if (err.name === 'NotAllowedError' || err.name === 'AbortError') return 'No passkey was used. Try again, or go on another way.';
    if (err.name === 'SecurityError') return 'Passkeys don’t work at this address.';
    return err.message;
  };

  let waiting; // for a passkey chosen in the email field

  // Before anything else that sends forms, which would send this one without a passkey.
  document.addEventListener('submit', async e => {
    const form = e.target;
    if (!form.matches('form[data-passkey]')) return;
    e.preventDefault();
    e.stopImmediatePropagation();
    if (form.busy) return;
    form.busy = true;
    const button = form.querySelector('button');
    button.setAttribute('aria-busy', 'true');
    say(form, '');
    waiting?.abort();
    try {
      const publicKey = await ask(form);
      send(form, await (form.dataset.passkey === 'create' ? navigator.credentials.create({ publicKey }) : navigator.credentials.get({ publicKey })));
    } catch (err) {
      say(form, words(err));
      form.busy = false;
      button.removeAttribute('aria-busy');
      offer();
    }
  }, true);

  // Offers passkeys in the browser's suggestions for the email field. The options are valid for five minutes, so they are renewed before that.
  const field = document.querySelector('input[autocomplete~=webauthn]');
  const get = document.querySelector('form[data-passkey=get]');
  let asked = 0;
  const offer = async () => {
    if (!field || !get || document.hidden || ++asked > 20 || !await PublicKeyCredential.isConditionalMediationAvailable?.()) return;
    const here = waiting = new AbortController();
    const anew = setTimeout(() => { here.abort(); offer(); }, 240000);
    try {
      const publicKey = await ask(get);
      if (!here.signal.aborted) send(get, await navigator.credentials.get({ publicKey, mediation: 'conditional', signal: here.signal }));
    } catch { // passkeys were only a suggestion
      clearTimeout(anew);
    }
  };
  offer();
  addEventListener('visibilitychange', () => { if (!document.hidden && (!waiting || waiting.signal.aborted)) offer(); });
  addEventListener('pageshow', e => { if (e.persisted) for (const form of document.querySelectorAll('form[data-passkey]')) { form.busy = false; form.querySelector('button').removeAttribute('aria-busy'); } });
})();

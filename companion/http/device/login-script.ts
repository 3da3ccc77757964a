/**
 * What runs on the page of a login by code. The ticket leaves the address at once, so that it stays in no history; all that
 * the companion answers is shown as text, and nothing is parsed as HTML. A reload finds the login again, another tab does not.
 */
export const loginScript = String.raw`'use strict';
const page = document.querySelector('main');
const { provider, place, name } = page.dataset;
const base = '/v0/oauth/' + provider;
const store = 'ccproxy-login-' + provider;
const views = ['enter', 'start', 'code', 'done', 'failed'];
const titles = {
  LOGIN_CANCELLED: 'The login was given up',
  LOGIN_DENIED: 'The access was denied',
  LOGIN_TIMED_OUT: 'The code is over',
  LOGIN_REFUSED: place + ' refused',
  LOGIN_UNCONFIGURED: 'A client id has to be set first',
  UPSTREAM_UNREACHABLE: place + ' cannot be reached',
  CONNECT_TIMEOUT: place + ' cannot be reached',
  INVALID_REQUEST: 'Something in it is not right',
};
/* What the button below does is what there is to do. */
const retries = ['LOGIN_DENIED', 'LOGIN_TIMED_OUT'];
const byId = (id) => document.getElementById(id);
let session = sessionStorage.getItem(store);
let current = null;
let firstLeftMs = 0;
let timer = 0;

function show(view) {
  for (const one of views) byId(one).hidden = one !== view;
  byId('checks').hidden = view !== 'code' && view !== 'failed';
  say('');
}

function say(text) {
  if (byId('status').textContent !== text) byId('status').textContent = text;
}

/* Text in which commands stand between marks, and addresses may be. */
function tell(element, text) {
  const parts = text.split(String.fromCharCode(96)).flatMap((part, index) => {
    if (index % 2 === 0) return part.split(/(https:\/\/[\w./-]+)/).map((words, at) => (at % 2 === 0 ? words : linkTo(words, words)));
    const code = document.createElement('code');
    code.textContent = part;
    return code;
  });
  element.replaceChildren(...parts);
}

function linkTo(address, words) {
  const link = document.createElement('a');
  link.href = address;
  link.textContent = words;
  link.target = '_blank';
  link.rel = 'noopener noreferrer';
  return link;
}

class Refusal extends Error {}

async function call(method, path, body, headers) {
  const known = session === null ? {} : { 'x-login-session': session };
  const response = await fetch(base + path, {
    method,
    cache: 'no-store',
    headers: { ...known, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer = await response.json();
  if (response.ok) return answer;
  const refusal = new Refusal(((answer.error && answer.error.message) || 'The companion refused.').replace(/^ccproxy: /, ''));
  refusal.status = response.status;
  refusal.code = answer.error && answer.error.code;
  throw refusal;
}

function enter(answer) {
  session = answer.session;
  sessionStorage.setItem(store, session);
  sessionStorage.setItem(store + '-told', JSON.stringify(answer.disclosure));
  tellDisclosure(answer.disclosure);
  if (answer.attempt === null) show('start');
  else follow(answer.attempt);
}

function tellDisclosure([, ...paragraphs]) {
  byId('disclosure').replaceChildren(
    ...paragraphs.map((paragraph) => {
      const element = document.createElement('p');
      const at = paragraph.search(/https:\/\/\S+$/);
      element.append(at < 0 ? paragraph : paragraph.slice(0, at));
      if (at >= 0) element.append(linkTo(paragraph.slice(at), new URL(paragraph.slice(at)).host));
      return element;
    }),
  );
}

function lock(message) {
  session = null;
  sessionStorage.removeItem(store);
  sessionStorage.removeItem(store + '-attempt');
  show('enter');
  if (message) say(message);
  byId('key').focus();
}

function follow(attempt) {
  const isNew = current === null || current.id !== attempt.id;
  current = attempt;
  sessionStorage.setItem(store + '-attempt', attempt.id);
  clearTimeout(timer);
  if (attempt.state === 'done') return finish(attempt);
  if (attempt.state === 'failed') return fail(attempt.error);
  if (isNew) {
    firstLeftMs = Math.max(1, Date.parse(attempt.expires_at) - Date.now());
    const address = attempt.verification_uri_complete || attempt.verification_uri;
    byId('user-code').textContent = attempt.user_code;
    byId('copy').textContent = 'Copy';
    byId('open').href = /^https?:\/\//.test(address) ? address : '';
    byId('address').textContent = attempt.verification_uri;
    show('code');
    byId('title').focus();
  }
  const trouble = attempt.error;
  const words = trouble === null ? 'Waiting for you at ' + place + '. This page goes on by itself.' : trouble.message + ' It is tried again by itself.';
  if (byId('progress-text').textContent !== words) byId('progress-text').textContent = words;
  tick();
  timer = setTimeout(look, 500);
}

function tick() {
  if (current === null) return;
  const leftMs = Math.max(0, Date.parse(current.expires_at) - Date.now());
  const seconds = Math.ceil(leftMs / 1000);
  byId('left').value = Math.min(1, leftMs / firstLeftMs);
  byId('countdown').textContent =
    'The code is good for another ' + Math.floor(seconds / 60) + ':' + String(seconds % 60).padStart(2, '0') + ' minutes.';
}

async function look() {
  const asked = current;
  try {
    const attempt = await call('GET', '/attempts/' + asked.id);
    say('');
    if (current === asked) follow(attempt);
  } catch (thrown) {
    if (current !== asked) return;
    if (thrown instanceof Refusal) return refused(thrown);
    tick();
    say('The companion does not answer. Does it still run? It is asked again by itself.');
    timer = setTimeout(look, 2000);
  }
}

function finish(attempt) {
  current = null;
  sessionStorage.removeItem(store + '-attempt');
  const { name: who, plan, location: where } = attempt.login;
  byId('done-text').textContent = 'You are signed in to ' + name + ' as ' + who + (plan === null ? '.' : ' (' + plan + ').');
  byId('done-place').textContent = 'The login is kept in ' + where + ', and renewed by itself.';
  show('done');
  byId('title').focus();
}

function fail({ code, message, remedy }) {
  current = null;
  clearTimeout(timer);
  sessionStorage.removeItem(store + '-attempt');
  byId('failed-text').textContent = titles[code] || 'That did not work';
  /* What was refused at once comes with its remedy in one text. */
  const next = remedy && !retries.includes(code) ? ' ' + remedy : '';
  tell(byId('failed-remedy'), code === 'LOGIN_CANCELLED' ? 'Nothing was kept.' : message + next);
  byId('retry').textContent = code === 'LOGIN_UNCONFIGURED' ? 'Look again' : 'Try again with a new code';
  show('failed');
  byId('checks').hidden = code === 'LOGIN_CANCELLED' || code === 'LOGIN_UNCONFIGURED';
  byId('title').focus();
}

function refused(refusal) {
  const isLocked = refusal.code === 'ADMIN_KEY_INVALID' || refusal.code === 'TOO_MANY_FAILED_KEYS';
  if (isLocked || refusal.code === 'ADMIN_KEY_MISSING') {
    return lock(session === null ? refusal.message.replaceAll(String.fromCharCode(96), '') : 'This page was open for too long.');
  }
  fail(refusal);
}

async function begin() {
  const isCenter = document.querySelector('input[name=kind]:checked')?.value === 'center';
  const options = isCenter ? { start_url: byId('start-url').value.trim(), region: byId('region').value.trim() } : {};
  await busy(async () => follow(await call('POST', '/begin', options)));
}

async function busy(work) {
  const buttons = [...document.querySelectorAll('button')];
  for (const button of buttons) button.disabled = true;
  try {
    await work();
  } catch (thrown) {
    if (thrown instanceof Refusal) refused(thrown);
    else say('The companion does not answer. Does it still run?');
  } finally {
    for (const button of buttons) button.disabled = false;
  }
}

byId('unlock').addEventListener('submit', (event) => {
  event.preventDefault();
  const key = byId('key').value.trim();
  byId('key').value = '';
  busy(async () => enter(await call('POST', '/session', undefined, { 'x-admin-key': key })));
});
byId('begin').addEventListener('submit', (event) => {
  event.preventDefault();
  begin();
});
byId('retry').addEventListener('click', () => (provider === 'kiro' ? show('start') : begin()));
byId('cancel').addEventListener('click', () => busy(async () => follow(await call('POST', '/attempts/' + current.id + '/cancel'))));
byId('copy').addEventListener('click', async () => {
  try {
    await navigator.clipboard.writeText(byId('user-code').textContent);
    byId('copy').textContent = 'Copied';
  } catch {
    getSelection().selectAllChildren(byId('user-code'));
  }
});
for (const choice of document.querySelectorAll('input[name=kind]')) {
  choice.addEventListener('change', () => {
    const isCenter = choice.value === 'center' && choice.checked;
    byId('center').hidden = !isCenter;
    byId('start-url').required = isCenter;
    byId('region').required = isCenter;
  });
}

async function open() {
  const ticket = location.hash.slice(1);
  history.replaceState(null, '', location.pathname);
  if (/^cclt_[A-Za-z0-9_-]{43}$/.test(ticket)) {
    session = null;
    return busy(async () => enter(await call('POST', '/redeem', { ticket })));
  }
  const attempt = sessionStorage.getItem(store + '-attempt');
  if (session === null) return lock('');
  tellDisclosure(JSON.parse(sessionStorage.getItem(store + '-told') || '[]'));
  if (attempt === null) return show('start');
  await busy(async () => follow(await call('GET', '/attempts/' + attempt)));
}
addEventListener('hashchange', open);
open();
`;

/** The style and the scripts of the pages; nothing else may be loaded by them. */

/** Takes the token out of the address at once, so that it stays in no history; text only, nothing is parsed as HTML. */
export const pairScript = `const token = location.hash.slice(1);
history.replaceState(null, '', location.pathname);
const isToken = /^ccp1_[0-9]+_[A-Za-z0-9_-]{43}$/.test(token);
document.getElementById(isToken ? 'with-token' : 'without-token').hidden = false;
document.getElementById('token').textContent = isToken ? token : '';
document.getElementById('copy').addEventListener('click', async (event) => {
  const button = event.currentTarget;
  await navigator.clipboard.writeText(token);
  button.textContent = 'Copied';
});
`;

/** Without it the text is there to be selected; a browser that has no clipboard for this page gets no button. */
export const copyScript = `for (const block of navigator.clipboard ? document.querySelectorAll('pre[data-copy]') : []) {
  const code = block.querySelector('code');
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'copy';
  button.textContent = 'Copy';
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(code.textContent);
    button.textContent = 'Copied';
    setTimeout(() => { button.textContent = 'Copy'; }, 2000);
  });
  block.append(button);
}
`;

export const styles = `:root { color-scheme: light dark;
  --ground: light-dark(#f5f6f7, #14171a); --sheet: light-dark(#fff, #1b1f24); --line: light-dark(#e3e6e9, #2b3138);
  --ink: light-dark(#15191d, #eceff2); --ink-soft: light-dark(#5b6670, #9aa6b2);
  --accent: light-dark(#0b6e66, #3fc7b8); --accent-ink: light-dark(#fff, #06211e); --ok: light-dark(#17803d, #4fcb79); }
* { box-sizing: border-box; }
body { margin: 0; font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif;
  background: var(--ground); color: var(--ink); }
main { max-width: 44rem; margin: clamp(0px, 6vh, 4rem) auto; padding: 2rem; border-radius: 10px;
  background: var(--sheet); border: 1px solid var(--line); }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .75rem; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
p { margin: .5rem 0; }
pre, code { font: .9em/1.5 ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", monospace; }
code { overflow-wrap: anywhere; }
pre { position: relative; margin: .5rem 0; padding: .75rem 1rem; border-radius: 8px; background: var(--ground);
  overflow-wrap: anywhere; white-space: pre-wrap; }
pre code { font-size: 1em; }
pre[data-copy] { padding-right: 5.5rem; }
button { font: 600 1rem system-ui; padding: .6rem 1rem; border: 0; border-radius: 8px; cursor: pointer;
  background: var(--accent); color: var(--accent-ink); }
button.copy { position: absolute; top: .5rem; right: .5rem; min-width: 4.5rem; padding: .25rem .6rem; font-size: .8rem;
  background: var(--sheet); color: var(--accent); border: 1px solid var(--line); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.state { margin: 0 0 1rem; color: var(--ink-soft); font-size: .9rem; }
.dot { display: inline-block; width: .6rem; height: .6rem; margin-right: .5rem; border-radius: 50%; background: var(--ok); }
dl { margin: 1.5rem 0 0; border-top: 1px solid var(--line); }
dl div { display: flex; gap: .25rem 1rem; padding: .5rem 0; border-bottom: 1px solid var(--line); flex-wrap: wrap; }
dt { flex: 0 0 8rem; color: var(--ink-soft); } dd { flex: 1 1 14rem; margin: 0; }
details { border-bottom: 1px solid var(--line); }
summary { padding: .6rem 0; font-weight: 600; cursor: pointer; }
details[open] { padding-bottom: .5rem; }
@media (max-width: 30rem) { main { margin: 0; padding: 1.25rem 1rem; border: 0; border-radius: 0; min-height: 100vh; }
  dl div { display: block; } pre[data-copy] { padding: 2.75rem 1rem .75rem; }
  pre[data-copy] code { display: block; overflow-x: auto; white-space: pre; } }
`;

/** The pages of logins by code: `/v0/oauth/copilot` and `/v0/oauth/kiro`. Static, the same for everybody, without a secret. */
import type { DeviceLoginProviderId } from '../../../shared/credential.ts';
import { loginName } from '../../../shared/login-name.ts';
import { confirmationPlace, stuckChecks } from '../../account/oauth/login-checks.ts';

const kiroOptions = `<fieldset>
<legend>Which account?</legend>
<label class="choice"><input type="radio" name="kind" value="builder" checked> AWS Builder ID
<span>your personal account</span></label>
<label class="choice"><input type="radio" name="kind" value="center"> IAM Identity Center
<span>that of your organisation</span></label>
<div id="center" hidden>
<label for="start-url">Start URL</label>
<input id="start-url" type="url" placeholder="https://example.awsapps.com/start" autocomplete="off" spellcheck="false">
<label for="region">AWS region</label>
<input id="region" type="text" value="us-east-1" pattern="[a-z]{2}(-[a-z]+)+-[0-9]" autocomplete="off" spellcheck="false">
</div>
</fieldset>`;

const optionsOf: Readonly<Record<DeviceLoginProviderId, string>> = { copilot: '', kiro: kiroOptions };

export function loginPage(provider: DeviceLoginProviderId): string {
  const place = confirmationPlace(provider);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sign in to ${loginName(provider)} · CCProxy Companion</title>
<link rel="stylesheet" href="/v0/oauth/login.css">
<main data-provider="${provider}" data-place="${place}" data-name="${loginName(provider)}">
<p class="brand">CCProxy Companion</p>
<h1 id="title" tabindex="-1">Sign in to ${loginName(provider)}</h1>
<noscript><p>This page needs JavaScript. In a terminal, <code>companion auth login-${provider}</code> does the same.</p></noscript>
${enterView(provider)}
<section id="start" hidden>
<div id="disclosure"></div>
<form id="begin">${optionsOf[provider]}
<button class="main" type="submit">Get a code</button></form>
</section>
${codeView(place)}
<section id="done" hidden>
<p class="outcome good" id="done-text"></p>
<p id="done-place"></p>
<p>You can close this page.</p>
</section>
<section id="failed" hidden>
<p class="outcome bad" id="failed-text"></p>
<p id="failed-remedy"></p>
<div class="row"><button class="main" id="retry" type="button">Try again with a new code</button></div>
</section>
${checkList(provider)}
<p id="status" role="status"></p>
</main>
<script src="/v0/oauth/login.js"></script>
</html>
`;
}

function enterView(provider: DeviceLoginProviderId): string {
  return `<section id="enter" hidden>
<p>This page signs an account in, so it wants to know that it is you. In a terminal,
<code>companion auth login-${provider}</code> prints a link that opens it. Or enter the admin key,
which <code>companion admin-key</code> prints:</p>
<form id="unlock">
<label for="key">Admin key</label>
<input id="key" type="password" autocomplete="off" required>
<button class="main" type="submit">Continue</button>
</form>
</section>`;
}

function codeView(place: string): string {
  return `<section id="code" hidden>
<ol class="steps">
<li><p>Copy this code:</p>
<div class="row"><output id="user-code" tabindex="0" aria-label="Your code"></output>
<button id="copy" type="button">Copy</button></div></li>
<li><p>Enter it at ${place}, and allow the access:</p>
<a class="button main" id="open" target="_blank" rel="noopener noreferrer">Open ${place}</a>
<p class="address" id="address"></p></li>
<li><p id="progress-text">This page goes on by itself.</p>
<progress id="left" max="1" value="1" aria-label="Time left"></progress>
<p class="soft" id="countdown"></p></li>
</ol>
<div class="row"><button id="cancel" type="button">Cancel</button></div>
</section>`;
}

function checkList(provider: DeviceLoginProviderId): string {
  const checks = stuckChecks(provider).map((check) => `<li>${check.replaceAll(/`([^`]+)`/g, '<code>$1</code>')}</li>`);
  return `<details id="checks" hidden><summary>Is it stuck? Five things to look at</summary>
<ol>${checks.join('')}</ol></details>`;
}

export const loginStyles = `:root { color-scheme: light dark; accent-color: var(--teal);
  --page: light-dark(#f5f6f7, #14171a); --card: light-dark(#fff, #1b1f24); --line: light-dark(#d5dade, #343b43);
  --ink: light-dark(#15191d, #eceff2); --soft: light-dark(#57606a, #a3adb7); --teal: light-dark(#0b6e66, #3fc7b8);
  --on-teal: light-dark(#fff, #06211e); --good: light-dark(#0b6e3a, #5fd08f); --bad: light-dark(#a8201a, #ff8f87); }
* { box-sizing: border-box; }
[hidden] { display: none !important; }
body { margin: 0; font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif;
  background: var(--page); color: var(--ink); }
main { max-width: 40rem; margin: 8vh auto; padding: 2rem; border-radius: 10px; background: var(--card);
  border: 1px solid light-dark(#e3e6e9, #2b3138); overflow-wrap: anywhere; }
.brand { margin: 0; font-size: .85rem; color: var(--soft); }
h1 { font-size: 1.5rem; margin: .25rem 0 1.25rem; } h1:focus { outline: none; }
h2 { font-size: 1.05rem; margin: 0 0 .5rem; }
a { color: var(--teal); }
code { font: .9em ui-monospace, "DejaVu Sans Mono", monospace; background: var(--page); padding: .1em .35em; border-radius: 5px; }
label { display: block; margin: .75rem 0 .25rem; font-weight: 600; }
input:not([type=radio]) { width: 100%; padding: .6rem .75rem; font: inherit; color: inherit; background: var(--page);
  border: 1px solid var(--line); border-radius: 8px; }
fieldset { border: 1px solid var(--line); border-radius: 8px; margin: 0 0 1rem; padding: .75rem 1rem 1rem; }
legend { padding: 0 .4rem; font-weight: 600; }
.choice { font-weight: 400; cursor: pointer; } .choice span { color: var(--soft); }
button, .button { display: inline-block; font: 600 1rem system-ui, sans-serif; padding: .6rem 1.1rem; border-radius: 8px;
  border: 1px solid var(--line); background: transparent; color: var(--ink); cursor: pointer; text-decoration: none; }
.main { background: var(--teal); border-color: var(--teal); color: var(--on-teal); }
form .main { margin-top: 1rem; }
button:disabled { opacity: .6; cursor: default; }
:focus-visible { outline: 3px solid var(--teal); outline-offset: 2px; }
.row { display: flex; flex-wrap: wrap; gap: .75rem; align-items: center; }
.steps { padding-left: 1.4rem; margin: 0 0 1.25rem; } .steps li { margin: 0 0 1.25rem; padding-left: .4rem; }
.steps p { margin: 0 0 .5rem; }
#user-code { font: 700 clamp(1.6rem, 8vw, 2.4rem)/1.2 ui-monospace, "DejaVu Sans Mono", monospace; letter-spacing: .08em;
  padding: .4rem .9rem; border-radius: 8px; background: var(--page); user-select: all; }
.steps .address { margin: .4rem 0 0; font-size: .85rem; color: var(--soft); }
.soft { color: var(--soft); font-size: .9rem; font-variant-numeric: tabular-nums; }
progress { width: 100%; height: .4rem; border: 0; border-radius: 99px; overflow: hidden; background: var(--page); accent-color: var(--teal); }
progress::-webkit-progress-bar { background: var(--page); } progress::-webkit-progress-value { background: var(--teal); }
progress::-moz-progress-bar { background: var(--teal); }
.outcome { font-size: 1.1rem; font-weight: 600; } .good { color: var(--good); } .bad { color: var(--bad); }
#disclosure p { margin: 0 0 .75rem; font-size: .95rem; } #disclosure p:last-child { margin-bottom: 1.25rem; }
details { margin-top: 1.25rem; border-top: 1px solid var(--line); padding-top: 1rem; } summary { cursor: pointer; }
details li { margin: .4rem 0; font-size: .95rem; }
#status:empty { display: none; } #status { margin: 1rem 0 0; color: var(--bad); }
@media (max-width: 480px) { main { margin: 0; min-height: 100vh; border: 0; border-radius: 0; padding: 1.25rem; } }
`;

/**
 * Where the programs are that tests and the demo drive, and Claude Code. Plain JavaScript: it also runs on the machine's
 * own Node, before anything is installed.
 */
import { accessSync, constants, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, isAbsolute, join } from 'node:path';

const programs = {
  chromium: {
    variable: 'CHROMIUM_PATH',
    // Google's own Chrome is not among them: since version 137 it ignores --load-extension.
    names: ['chromium', 'chromium-browser', 'google-chrome-for-testing'],
    places: [
      '/Applications/Chromium.app/Contents/MacOS/Chromium',
      '/Applications/Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing',
    ],
  },
  firefox: {
    variable: 'FIREFOX_PATH',
    names: ['firefox-esr', 'firefox'],
    places: ['/Applications/Firefox.app/Contents/MacOS/firefox'],
  },
  openssl: { variable: 'OPENSSL_PATH', names: ['openssl'], places: [] },
  'dbus-run-session': { variable: 'DBUS_RUN_SESSION_PATH', names: ['dbus-run-session'], places: [] },
  'gnome-keyring-daemon': { variable: 'GNOME_KEYRING_PATH', names: ['gnome-keyring-daemon'], places: [] },
  claude: {
    variable: 'CCPROXY_CLAUDE_CODE_PATH',
    // The last is where npm leaves it on Windows, beside a script that only a shell can run.
    names: ['claude', 'claude.exe', 'node_modules/@anthropic-ai/claude-code/bin/claude.exe'],
    places: ['.local/bin/claude', '.local/bin/claude.exe', '.claude/local/claude', '.claude/local/claude.exe'].map(
      (place) => join(homedir(), place),
    ),
  },
  'fc-list': { variable: 'FC_LIST_PATH', names: ['fc-list'], places: [] },
};

/** Absolute path of a program, or `undefined`. An environment variable such as CHROMIUM_PATH goes before PATH. */
export function findProgram(program, environment = process.env) {
  const { variable, names, places } = programs[program];
  const chosen = environment[variable];
  if (chosen) return isRunnable(chosen) ? chosen : undefined;
  const folders = (environment.PATH ?? '').split(delimiter).filter((folder) => isAbsolute(folder));
  const candidates = names.flatMap((name) => folders.map((folder) => join(folder, name)));
  return [...candidates, ...places].find(isRunnable);
}

function isRunnable(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

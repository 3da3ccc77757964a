import { useContext, useState } from 'preact/hooks';
import type { CompanionStatus } from '../../../../shared/status.ts';
import { text } from '../../../text.ts';
import { cleanLabel } from '../../../ui/label.ts';
import { Panel } from '../../../ui/panel.tsx';
import { NowContext } from '../../../ui/words.tsx';
import { type CompanionSettings, groupsOf, settingsQuestion } from '../data/settings.ts';
import { useChange } from '../data/use-change.ts';
import { useDesk, useQuestion } from '../data/use-question.ts';
import { AnswerOf, ProblemNote } from '../parts/answer-of.tsx';
import { Freshness } from '../parts/freshness.tsx';
import { CompanionFacts } from './companion-facts.tsx';
import { SettingRow } from './setting-row.tsx';

const SETTINGS_EVERY_MS = 30_000;

/** Every setting of the companion, with where its value comes from; and the way to those of this browser. */
export function Settings({ companion }: { readonly companion: CompanionStatus }) {
  const { isLive } = useDesk();
  const now = useContext(NowContext);
  const answered = useQuestion(settingsQuestion, SETTINGS_EVERY_MS);
  return (
    <>
      <div class="columns">
        <CompanionFacts companion={companion} nowMs={isLive ? now.value : companion.atMs} />
        <Panel id="this-browser" title={text('thisBrowserSection')}>
          <p>{text('thisBrowserLead')}</p>
          <a class="button quiet" href="/options.html">
            {text('actionBrowserSettings')}
          </a>
        </Panel>
      </div>
      <section class="section" aria-labelledby="settings-title">
        <div class="section-head">
          <h2 id="settings-title">{text('settingsSection')}</h2>
          <Freshness answered={answered} />
        </div>
        <AnswerOf answered={answered} heightPx={240}>
          {(settings) => <Groups settings={settings} />}
        </AnswerOf>
      </section>
    </>
  );
}

function Groups({ settings }: { readonly settings: CompanionSettings }) {
  const [search, setSearch] = useState('');
  const groups = groupsOf(settings.settings, search);
  return (
    <>
      <FileLine settings={settings} />
      <input
        type="search"
        class="settings-search"
        aria-label={text('settingsSearch')}
        placeholder={text('settingsSearch')}
        value={search}
        onInput={(event) => setSearch(event.currentTarget.value)}
      />
      {groups.length === 0 && <p role="status">{text('settingsNone')}</p>}
      {groups.map((group) => (
        <section class="panel settings-group" key={group.name} aria-label={group.name}>
          <h3>{cleanLabel(group.name, 60).replaceAll('_', ' ')}</h3>
          <ul class="settings-list">
            {group.settings.map((setting) => (
              <SettingRow key={setting.key} setting={setting} />
            ))}
          </ul>
        </section>
      ))}
    </>
  );
}

/** Where the settings are kept, what is wrong with that file, and reading it again. */
function FileLine({ settings }: { readonly settings: CompanionSettings }) {
  const { isLive } = useDesk();
  const change = useChange(settingsQuestion);
  return (
    <div class="settings-file">
      <p>
        {text('settingsFile')} <code>{cleanLabel(settings.file, 300)}</code>
      </p>
      {isLive && (
        <button
          type="button"
          class="plain"
          aria-disabled={change.isRunning}
          onClick={() => void change.run('POST', '/v0/management/config/reload')}
        >
          {text('actionReload')}
        </button>
      )}
      {settings.problem !== null && (
        <p class="note warn">
          <bdi>{cleanLabel(settings.problem, 600)}</bdi>
        </p>
      )}
      {change.problem !== null && <ProblemNote problem={change.problem} />}
    </div>
  );
}

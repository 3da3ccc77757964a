import { text } from '../../text.ts';
import { cleanLabel } from '../../ui/label.ts';
import { noticesQuestion } from './data/notices.ts';
import { useQuestion } from './data/use-question.ts';

const NOTICES_EVERY_MS = 60_000;

/** What the companion wants its person to know; mostly nothing. */
export function NoticeList() {
  const { data } = useQuestion(noticesQuestion, NOTICES_EVERY_MS);
  if (data === null) return null;
  const { notices, configProblem } = data;
  return (
    <>
      {configProblem !== null && (
        <div class="note warn problem-note">
          <p>
            <strong>{text('noticeConfig')}</strong>
          </p>
          <p>
            <bdi>{cleanLabel(configProblem, 600)}</bdi>
          </p>
          <a href="#settings">{text('tabSettings')}</a>
        </div>
      )}
      {notices.map((notice) => (
        <p class="note" key={notice}>
          <bdi>{cleanLabel(notice, 600)}</bdi>
        </p>
      ))}
    </>
  );
}

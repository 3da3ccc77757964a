import { text } from '../text.ts';
import type { Background } from './background.ts';
import type { JobView } from './view/jobs.ts';
import { useTell } from './words.tsx';

/** Which programs use the session through this browser now, each with a way to stop it. */
export function JobList({ jobs, background }: { readonly jobs: readonly JobView[]; readonly background: Background }) {
  const tell = useTell();
  if (jobs.length === 0) return null;
  return (
    <ul class="jobs">
      {jobs.map((job) => (
        <li key={job.client}>
          <span>{tell(job.sentence)}</span>
          <button
            type="button"
            class="plain"
            data-testid="stop-job"
            aria-label={text('actionStopClient', tell(job.name))}
            onClick={() => stopAll(background, job)}
          >
            {text('actionStop')}
          </button>
        </li>
      ))}
    </ul>
  );
}

async function stopAll(background: Background, job: JobView): Promise<void> {
  await Promise.allSettled(job.ids.map((id) => background.ask('stop-job', { id })));
}

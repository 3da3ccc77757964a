import type { RunningJob } from '../../state.ts';
import { clientName } from '../client-name.ts';
import { type Message, message } from '../message.ts';

/** One program that uses the session through this browser, with all of its requests. */
export interface JobView {
  readonly client: string;
  readonly name: Message | string;
  readonly sentence: Message;
  readonly ids: readonly string[];
}

/** Each program once, with all of its requests. */
export function jobViews(jobs: readonly RunningJob[]): readonly JobView[] {
  const byClient = Map.groupBy(jobs, (job) => job.client);
  return [...byClient].map(([client, group]) => {
    const name = clientName(client);
    const sentence = group.length === 1 ? message('jobOne', name) : message('jobOther', name, String(group.length));
    return { client, name, sentence, ids: group.map((job) => job.id) };
  });
}

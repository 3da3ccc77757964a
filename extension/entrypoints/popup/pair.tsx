import { text } from '../../text.ts';
import type { Background } from '../../ui/background.ts';
import { CommandLine } from '../../ui/command-line.tsx';
import type { Message } from '../../ui/message.ts';
import { PairForm } from '../../ui/pair-form.tsx';
import { useTell } from '../../ui/words.tsx';
import { Heading } from './heading.tsx';

export interface PairProps {
  readonly background: Background;
  readonly goodbye?: Message | null;
  readonly onPaired: () => void;
  readonly onBack?: () => void;
}

export function Pair({ background, goodbye = null, onPaired, onBack }: PairProps) {
  const tell = useTell();
  return (
    <>
      {goodbye !== null && <p class="note">{tell(goodbye)}</p>}
      <Heading title={text('pairTitle')} onBack={onBack} />
      <ol class="pair-steps">
        <li>
          {text('pairStepRun')}
          <CommandLine command="companion pair" />
        </li>
        <li>{text('pairStepPaste')}</li>
      </ol>
      <PairForm background={background} onPaired={onPaired} isFocused />
      <p>{text('pairNothingRead')}</p>
    </>
  );
}

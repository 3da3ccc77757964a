/** One line that moves while something is waited for; a plain one where nothing can move. */
import { clip, describeTerminal } from './terminal.ts';

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const plainFrames = ['|', '/', '-', '\\'];
const frameMs = 120;

export type WaitingOutput = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };

/** Shows what `text` says at each moment, until the function that it returns is called; that leaves no trace of it. */
export function showWaiting(text: () => string, output: WaitingOutput = process.stderr): () => void {
  if (output.isTTY !== true) {
    output.write(`${text()}\n`);
    return () => undefined;
  }
  const terminal = describeTerminal(output);
  const shapes = terminal.hasUnicode ? frames : plainFrames;
  let count = 0;
  const draw = () => {
    const shape = shapes[count % shapes.length] ?? '';
    count += 1;
    // Clipped: a line that wraps could not be taken back.
    output.write(`\r\u001B[2K${clip(`${shape} ${text()}`, terminal.columns - 1, terminal)}`);
  };
  draw();
  const timer = setInterval(draw, frameMs);
  return () => {
    clearInterval(timer);
    output.write('\r\u001B[2K');
  };
}

import type { YAMLError } from 'yaml';
import type { Fault } from './scenarioFaults.js';

type Explanation = Pick<Fault, 'message' | 'hint'>;

const explanations: Partial<Record<YAMLError['code'], Explanation>> = {
  TAB_AS_INDENT: { message: 'a tab stands where YAML wants spaces', hint: 'indent with spaces' },
  BAD_INDENT: {
    message: 'this line is not indented like its neighbours',
    hint: 'keys of one map start in the same column',
  },
  MULTIPLE_DOCS: {
    message: 'a second document starts here',
    hint: 'a scenario is one document: remove the ---',
  },
  BLOCK_AS_IMPLICIT_KEY: {
    message: 'this value looks like a key with a value of its own',
    hint: 'put a text with ": " in quotes, and a map on lines of its own, indented further',
  },
  MISSING_CHAR: { message: 'a quote or a colon is missing before here' },
  MULTILINE_IMPLICIT_KEY: {
    message: 'a key and its colon must stand on one line',
    hint: 'is a colon missing?',
  },
  BAD_ALIAS: { message: 'an alias names an anchor that is not defined above it' },
  BAD_SCALAR_START: { message: 'a plain text cannot start with this character', hint: 'put it in quotes' },
};

/** Explains what is wrong with the YAML itself: a sentence, and the fix where there is a likely one. */
export function syntaxFault(error: YAMLError, text: string): Explanation {
  const line = lineAround(text, error.pos[0]);
  if (/[{,[]\s*[^"']*\$\{/.test(line) && /:\s*\$\{/.test(line)) {
    return {
      message: 'a variable between braces is not quoted',
      hint: 'inside {...} write "${NAME}" with quotes',
    };
  }
  // Tabs make the reader fail in several ways; the tab is what to change.
  if (/^ *\t/.test(line))
    return { message: 'a tab stands where YAML wants spaces', hint: 'indent with spaces' };
  if (/^Flow (map|sequence)/.test(error.message)) {
    const bracket = error.message.startsWith('Flow map') ? '{' : '[';
    return {
      message: `a ${bracket} above is not closed before here`,
      hint: 'close it, or indent what it holds',
    };
  }
  if (error.code === 'MISSING_CHAR' && error.message.includes('quote')) {
    return { message: 'a quoted text is not closed before here' };
  }
  return explanations[error.code] ?? { message: `this is not YAML: ${plain(error.message)}` };
}

function plain(message: string): string {
  const first = message.split('\n')[0] ?? message;
  return first.charAt(0).toLowerCase() + first.slice(1).replace(/\.$/, '');
}

function lineAround(text: string, offset: number): string {
  const start = text.lastIndexOf('\n', Math.max(0, offset - 1)) + 1;
  const end = text.indexOf('\n', offset);
  return text.slice(start, end < 0 ? text.length : end);
}

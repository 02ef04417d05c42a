import { describe, expect, it } from 'vitest';
import { faultsOfMarkdown, faultsOfSource } from '../../scripts/plainLanguage.mjs';

const found = (faults: readonly { readonly found: string }[]): string[] => faults.map((fault) => fault.found);

describe('plain language', () => {
  it.each([
    ['The report tells how many.', 'tells'],
    ['Mend it with `doctor`.', 'Mend'],
    ['The message names the way out.', 'the way out'],
    ['A damaged container is refused.', 'refused'],
    ['"x" is no key of y.', 'is no key of'],
    ['The file is no container.', 'is no'],
    ['The topic is not there.', 'is not there'],
    ['Nobody reads it.', 'Nobody'],
    ['It waits, since the broker is busy.', ', since'],
    ['The run proves nothing.', 'proves nothing'],
    ['A half-made reservoir is removed.', 'half-made'],
    ['Sending twice makes no doubles.', 'doubles'],
    ['The pure rooms import nothing.', 'rooms'],
    ['Each lane has its own client.', 'lane'],
    ["The broker's figures are read.", 'figures'],
    ['It shows the course of the run.', 'the course of'],
    ['A run that was ended by Ctrl-C.', 'ended by Ctrl-C'],
    ['They are kept for ever.', 'for ever'],
    ['It sends as many as it can.', 'as many as it can'],
    ['Two probes at the most.', 'at the most'],
  ])('rejects: %s', (text, word) => {
    expect(found(faultsOfMarkdown(text))).toEqual([word]);
    expect(found(faultsOfSource(`print(${JSON.stringify(text)})`))).toEqual([word]);
  });

  it.each([
    'Two repeats cannot tell them apart.',
    'The broker refused us, or refused the connection; a connection refused is an error.',
    'There is no topic, and it is no longer needed.',
    'It has run since 10:00, since the start of the broker.',
    'The rate doubles every step.',
    'Of course there is room on the disk.',
  ])('accepts: %s', (text) => {
    expect(faultsOfMarkdown(text)).toEqual([]);
  });

  it('names the place, in Markdown also of a phrase on two lines', () => {
    expect(faultsOfMarkdown('# Title\n\nIt sends as many\nas it can.\n')).toMatchObject([
      { line: 3, column: 10 },
    ]);
    expect(faultsOfSource('const a = 1;\nprint(\n  `it ${a} tells`,\n);')).toMatchObject([
      { line: 3, column: 12 },
    ]);
  });

  it('looks at no code, link, comment or name', () => {
    const markdown = 'See `lane`, [it](lane.md) and\n\n```sh\nnobody lanes\n```\n\n<!-- nobody -->\n';
    expect(faultsOfMarkdown(markdown)).toEqual([]);
    const source = `import { lane } from './lane.js'; // nobody\nprint('lane', \`<b class="lane a">\${tells('mend')}</b> x\`);`;
    expect(found(faultsOfSource(source))).toEqual([]);
  });

  it('looks at literals inside of templates', () => {
    expect(found(faultsOfSource("print(`a b ${ok ? 'nobody reads' : ''}`)"))).toEqual(['nobody']);
  });
});

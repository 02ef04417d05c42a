// @ts-check
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SetupError } from './step.mjs';

/**
 * The text of each of our patches, in their order, with the line ends of Unix: a checkout may have others.
 *
 * @param {string} root the top folder of the clone
 * @returns {{file: string, text: string}[]}
 */
export function patchTexts(root) {
  const folder = join(root, 'patches', 'node-rdkafka');
  return readdirSync(folder)
    .filter((name) => name.endsWith('.patch'))
    .sort()
    .map((name) => join(folder, name))
    .map((file) => ({ file, text: readFileSync(file, 'utf8').replace(/\r\n/g, '\n') }));
}

/**
 * Applies our patches to the pristine sources; a pristine copy of each patched file is kept beside the package,
 * so that a changed patch starts from the original again.
 *
 * @param {string} root
 * @param {string} binding the folder of the installed node-rdkafka
 */
export async function applyPatches(root, binding) {
  const { applyPatch, parsePatch } = await import('diff');
  const pristine = join(root, 'node_modules', '.rubin-alert-sim-pristine');
  /** @type {Map<string, string>} */
  const texts = new Map();
  for (const { file, text } of patchTexts(root)) {
    for (const patch of parsePatch(text)) {
      const name = (patch.newFileName ?? '').replace(/^b\//, '');
      if (name === '') continue;
      const original = join(pristine, name);
      if (!existsSync(original)) {
        mkdirSync(dirname(original), { recursive: true });
        cpSync(join(binding, name), original);
      }
      const patched = applyPatch(texts.get(name) ?? readFileSync(original, 'utf8'), patch);
      if (patched === false) {
        throw new SetupError(
          `${file} does not fit ${name} of the installed node-rdkafka: remove node_modules and run npm start again`,
        );
      }
      texts.set(name, patched);
    }
  }
  for (const [name, text] of texts) replaceFile(join(binding, name), text);
}

/**
 * Gives a file a new content without touching the old one: pnpm links the files of all clones to the same ones.
 *
 * @param {string} file
 * @param {string} text
 */
function replaceFile(file, text) {
  if (readFileSync(file, 'utf8') === text) return;
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

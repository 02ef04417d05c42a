import { rename, writeFile } from 'node:fs/promises';

/** Writes a file so that a reader finds the old text or the new one, never a part. Its folder exists. */
export async function replaceFile(file: string, text: string): Promise<void> {
  const draft = `${file}.new`;
  await writeFile(draft, text);
  await rename(draft, file);
}

import { join } from 'node:path';
import { cacheFolder } from '../../../src/broker/cacheFolder.js';
import { mavenRepository } from '../../../src/broker/download.js';
import { downloadFile, sha256Of } from '../../../src/broker/downloadFile.js';
import { findJava } from '../../../src/broker/java.js';
import { messageOf } from '../../../src/errors.js';

const version = '1.12.1';
const jar = {
  bytes: 72_325_309,
  sha256: 'e81db810019bf6ab73855dc61dbbe489886a46ff3ec1ac7bed79e3f8f900ebd3',
};

/**
 * Apache Avro's own tool in Java, which is fetched once, into the cache folder.
 *
 * @returns the command that starts it, or undefined after printing why there is none; then skip the test
 * @throws an Error instead of that where `CI` is set: there nothing is skipped in silence
 */
export async function avroTools(): Promise<readonly string[] | undefined> {
  try {
    const java = await findJava(17);
    const target = join(cacheFolder(), 'avro-tools', `avro-tools-${version}.jar`);
    if ((await sha256Of(target)) !== jar.sha256) {
      const path = `org/apache/avro/avro-tools/${version}/avro-tools-${version}.jar`;
      await downloadFile({ url: `${mavenRepository()}/${path}`, target, ...jar });
    }
    return [java.command, '-jar', target];
  } catch (thrown) {
    const reason = `no avro-tools here: ${messageOf(thrown)}`;
    if ((process.env.CI ?? '') !== '') throw new Error(reason, { cause: thrown });
    console.warn(`skipped: ${reason}`);
    return undefined;
  }
}

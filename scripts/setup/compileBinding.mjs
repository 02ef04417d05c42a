// @ts-check
/**
 * Compiles the Kafka client: librdkafka as a static library, and the binding with it into one file, which needs
 * nothing beside it and can be moved. TLS is Node's own: it brings OpenSSL and exports its functions to addons.
 */
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { features } from './prerequisites.mjs';
import { runLogged, SetupError } from './step.mjs';

/** Seconds of one core that everything takes; it only serves to announce how long it will be. */
const coreSeconds = 175;

/**
 * @typedef {object} BindingOptions
 * @property {import('./prerequisites.mjs').Feature[]} available what is compiled in
 * @property {string[]} [prefixes] folders with include/ and lib/ besides the compiler's own
 * @property {boolean} [portable] whether it is to run on other machines: then what it needs is linked in
 */

/**
 * @param {string} root the top folder of the clone; its node-rdkafka has our patches
 * @param {{file: string, headers?: string}[]} targets where a result belongs; for another Node than the running one,
 * the folder that has its include/node
 * @param {BindingOptions} options
 */
export async function compileBinding(root, targets, options) {
  const jobs = Number(process.env.JOBS) || availableParallelism();
  const logFile = (/** @type {string} */ part) => join(root, 'dist', `setup-${part}.log`);
  const minutes = Math.ceil(coreSeconds / jobs / 30) / 2;
  console.error(
    `setup: compiling the Kafka client, once: about ${minutes === 0.5 ? 'half a minute' : minutes === 1 ? 'a minute' : `${minutes} minutes`} on ${jobs} cores`,
  );
  const work = workFolder();
  try {
    copySources(root, work);
    const librdkafka = join(work, 'deps', 'librdkafka');
    const env = compilerEnvironment(options);
    const nodeGyp = createRequire(join(root, 'package.json')).resolve('node-gyp/bin/node-gyp.js');
    // Before anything is compiled: a machine that cannot have them should not wait for it.
    const own = targets.some(({ headers }) => headers === undefined)
      ? await nodeHeaders(nodeGyp, work, logFile('headers'))
      : undefined;
    const build = configureArguments(options).join(' ');
    const make = `cd deps/librdkafka && bash ./configure ${build} && make -j ${jobs} -C src librdkafka.a && make -j ${jobs} -C src-cpp librdkafka++.a`;
    await runLogged('compiling librdkafka', 'bash', ['-c', make], {
      cwd: work,
      logFile: logFile('librdkafka'),
      env,
    });
    if (!existsSync(join(librdkafka, 'src', 'librdkafka.a')))
      throw new SetupError(`librdkafka.a was not built: see ${logFile('librdkafka')}`);
    writeFileSync(
      join(work, 'binding.gyp'),
      JSON.stringify(bindingGyp(options, readdirSync(join(work, 'src')))),
    );
    for (const { file, headers = own } of targets) {
      await runLogged(
        'compiling its binding',
        process.execPath,
        [nodeGyp, 'rebuild', '--jobs', String(jobs)],
        {
          cwd: work,
          logFile: logFile('native'),
          env: withHeaders(env, headers),
        },
      );
      mkdirSync(dirname(file), { recursive: true });
      cpSync(join(work, 'build', 'Release', 'node-librdkafka.node'), `${file}.new`);
      renameSync(`${file}.new`, file);
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** A folder without spaces in its path, which librdkafka's makefiles cannot stand; a clone's may have some. */
function workFolder() {
  const folder = /\s/.test(tmpdir()) ? '/tmp' : tmpdir();
  return mkdtempSync(join(realpathSync(folder), 'rubin-alert-sim-'));
}

/**
 * @param {string} root
 * @param {string} work
 */
function copySources(root, work) {
  const binding = join(root, 'node_modules', 'node-rdkafka');
  for (const part of ['src', 'deps/librdkafka'])
    cpSync(join(binding, part), join(work, part), { recursive: true });
  const nan = dirname(createRequire(join(realpathSync(binding), 'package.json')).resolve('nan/package.json'));
  cpSync(nan, join(work, 'nan'), { recursive: true });
}

/** @param {BindingOptions} options */
function compilerEnvironment({ prefixes = [] }) {
  const flags = (/** @type {string} */ name, /** @type {string[]} */ own) =>
    [...own, process.env[name] ?? ''].filter((flag) => flag !== '').join(' ');
  return {
    ...process.env,
    CPPFLAGS: flags(
      'CPPFLAGS',
      prefixes.map((prefix) => `-I${prefix}/include`),
    ),
    LDFLAGS: flags(
      'LDFLAGS',
      prefixes.map((prefix) => `-L${prefix}/lib`),
    ),
    PKG_CONFIG_PATH: [
      ...prefixes.map((prefix) => `${prefix}/lib/pkgconfig`),
      process.env.PKG_CONFIG_PATH ?? '',
    ]
      .filter((path) => path !== '')
      .join(':'),
  };
}

/**
 * What is not asked for is switched off, so that the result does not depend on what else the machine has.
 *
 * @param {BindingOptions} options
 */
export function configureArguments({ available }) {
  const left = features.filter((feature) => !available.includes(feature));
  return [
    '--disable-debug-symbols',
    '--disable-curl',
    '--disable-lz4-ext',
    ...left.map(({ option }) => `--disable-${option}`),
  ];
}

/**
 * What node-gyp builds: the binding's own sources, with the two static libraries.
 *
 * @param {BindingOptions} options
 * @param {string[]} sources the files of src/
 */
export function bindingGyp({ available, prefixes = [], portable = false }, sources) {
  const archives = ['src-cpp/librdkafka++.a', 'src/librdkafka.a'].map(
    (file) => `<(module_root_dir)/deps/librdkafka/${file}`,
  );
  const libraries = available.flatMap(({ library }) => (library === undefined ? [] : [library]));
  return {
    targets: [
      {
        target_name: 'node-librdkafka',
        sources: sources.filter((name) => name.endsWith('.cc')).map((name) => `src/${name}`),
        include_dirs: ['nan', 'deps/librdkafka/src', 'deps/librdkafka/src-cpp', '.'],
        libraries: [
          ...archives,
          ...prefixes.map((prefix) => `-L${prefix}/lib`),
          ...libraries.map((library) => (portable ? staticLibrary(library, prefixes) : `-l${library}`)),
          ...(process.platform === 'linux' ? ['-lm', '-ldl', '-lpthread'] : []),
        ],
        conditions: [
          // What is linked in stays inside: Node exports functions of the same names (its own zlib and zstd).
          [
            'OS=="linux"',
            {
              cflags_cc: ['-std=c++20'],
              'cflags_cc!': ['-fno-rtti'],
              ldflags: ['-Wl,--exclude-libs,ALL', '-Wl,-Bsymbolic'],
            },
          ],
          [
            'OS=="mac"',
            { xcode_settings: { GCC_ENABLE_CPP_RTTI: 'YES', OTHER_CPLUSPLUSFLAGS: ['-std=c++20'] } },
          ],
        ],
      },
    ],
  };
}

/**
 * @param {string} library
 * @param {string[]} prefixes
 */
function staticLibrary(library, prefixes) {
  const file = prefixes.map((prefix) => `${prefix}/lib/lib${library}.a`).find((path) => existsSync(path));
  return file ?? (process.platform === 'linux' ? `-l:lib${library}.a` : `-l${library}`);
}

/**
 * Where Node's headers are: beside Node, or else downloaded by node-gyp, which keeps them.
 *
 * @param {string} nodeGyp
 * @param {string} work
 * @param {string} logFile
 * @returns {Promise<string | undefined>} a folder with include/node; undefined where node-gyp has downloaded them
 */
async function nodeHeaders(nodeGyp, work, logFile) {
  const folder = [process.env.npm_config_nodedir ?? '', ...foldersBesideNode()].find(hasHeaders);
  if (folder !== undefined) return folder;
  try {
    await runLogged("fetching Node's headers", process.execPath, [nodeGyp, 'install', '--ensure'], {
      cwd: work,
      logFile,
      env: withHeaders(process.env, undefined),
    });
    return undefined;
  } catch {
    const log = existsSync(logFile) ? readFileSync(logFile, 'utf8') : '';
    throw new SetupError(
      `the headers of Node ${process.versions.node} are not beside it and cannot be downloaded (${downloadFault(log)}): ` +
        'set npm_config_nodedir to a folder with include/node, or npm_config_disturl to a mirror of https://nodejs.org/dist',
    );
  }
}

/**
 * node-gyp follows npm's settings before its arguments, and a `nodedir` in the user's .npmrc may be of another Node.
 *
 * @param {NodeJS.ProcessEnv} env
 * @param {string | undefined} folder with include/node; undefined where node-gyp has downloaded them
 */
export function withHeaders(env, folder) {
  const others = Object.entries(env).filter(([name]) => name.toLowerCase() !== 'npm_config_nodedir');
  return { ...Object.fromEntries(others), ...(folder === undefined ? {} : { npm_config_nodedir: folder }) };
}

/**
 * What node-gyp could not fetch, and why.
 *
 * @param {string} log what it printed
 */
export function downloadFault(log) {
  const url = /gyp http GET (\S+)/.exec(log)?.[1] ?? 'https://nodejs.org/dist';
  const reason = /gyp ERR! stack (?:\w*Error: )?(.*)/.exec(log)?.[1] ?? 'node-gyp gives no reason';
  return `${url}: ${reason.startsWith('This is most likely not a problem') ? 'its server is not found' : reason}`;
}

/** Where distributions, archives of nodejs.org, and npm's package `node` have them. */
function foldersBesideNode() {
  return [process.execPath, realpathSync(process.execPath)].flatMap((program) => {
    const prefix = dirname(dirname(program));
    const packageOfNpm = `node-${process.platform}-${process.arch}`;
    return [prefix, join(dirname(prefix), packageOfNpm), join(prefix, 'node_modules', packageOfNpm)];
  });
}

/** @param {string} folder */
function hasHeaders(folder) {
  const file = join(folder, 'include', 'node', 'node_version.h');
  return (
    folder !== '' &&
    existsSync(file) &&
    readFileSync(file, 'utf8').includes(`#define NODE_MODULE_VERSION ${process.versions.modules}`)
  );
}

/**
 * Spark in local mode, in a Python environment that comes from PyPI into the folder of the tools. A suite writes one Python
 * script, which makes one session and prints one line of JSON last: to start a session takes longer than most tests.
 */
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { type Ran, run } from '../../support/commands.ts';
import { toolAt } from '../tools.ts';

/** Pinned, so that runs of different days compare. */
const packages = ['pyspark==4.3.0', 'pyarrow==26.0.1', 'pandas==2.3.3', 'numpy==2.4.6', 'implicit==0.7.3'];
const leastJava = 17;

export interface Spark {
  /** The Python of the environment. */
  python: string;
  /** For programs that use it, such as `spark-submit`: where Spark is, and which Python its workers are. */
  env: NodeJS.ProcessEnv;
  /** Why there is none; for `testUnless`. */
  absent?: string;
}

/** The environment, installed once. */
export async function sparkTool(): Promise<Spark> {
  const withoutJava = await absentJava();
  if (withoutJava !== undefined) return { python: '', env: {}, absent: withoutJava };
  const name = packages.join(',').replaceAll('==', '@');
  const { path, absent } = await toolAt(join(name, 'bin'), name, async (folder) => {
    // It is moved when it is complete, after which its programs still find Python, but not the other way round.
    const made = await run('python3', ['-m', 'venv', folder]);
    if (made.code !== 0) return `there is no Python 3 that makes environments: ${lastWords(made)}`;
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages];
    const filled = await run(join(folder, 'bin/python'), pip, { seconds: 600 });
    if (filled.code !== 0) return `PyPI's ${packages[0]} could not be installed: ${lastWords(filled)}`;
  });
  const python = join(path, 'python');
  if (absent !== undefined) return { python, env: {}, absent };
  const found = await run(python, ['-c', 'import pyspark, os; print(os.path.dirname(pyspark.__file__))']);
  const home = found.stdout.trim();
  const env = {
    ...process.env,
    SPARK_HOME: home,
    SPARK_LOCAL_IP: '127.0.0.1',
    PYSPARK_PYTHON: python,
    PATH: [join(home, 'bin'), path, process.env.PATH].join(delimiter),
    // Threads of numeric libraries take memory in each of Spark's workers.
    OPENBLAS_NUM_THREADS: '1',
    OMP_NUM_THREADS: '1',
  };
  return { python, env };
}

async function absentJava(): Promise<string | undefined> {
  const { JAVA_HOME } = process.env;
  const java = JAVA_HOME && existsSync(join(JAVA_HOME, 'bin/java')) ? join(JAVA_HOME, 'bin/java') : 'java';
  const { stdout, stderr, code } = await run(java, ['-version']);
  const [, major] = /version "(\d+)/.exec(stderr + stdout) ?? [];
  if (code === 0 && Number(major) >= leastJava) return undefined;
  const has = code === 0 && major ? `and here is Java ${major}` : 'and there is none here';
  return `Spark needs Java ${leastJava} or later, ${has}`;
}

/** What a session in this process gets, unless a script says otherwise: two tasks at a time, few partitions, little memory. */
const settings: Readonly<Record<string, string>> = {
  'spark.ui.enabled': 'false',
  'spark.sql.shuffle.partitions': '2',
  'spark.default.parallelism': '2',
  'spark.sql.session.timeZone': 'UTC',
  // The native library of snappy is not to be had everywhere.
  'spark.sql.parquet.compression.codec': 'zstd',
  'spark.log.level': 'ERROR',
};

export interface SparkOptions {
  /** `local[2]` by default; with `local[2,4]`, what fails is tried up to four times. */
  master?: string;
  cwd?: string;
  /** After these, Spark is killed; 1800 by default. */
  seconds?: number;
}

/**
 * The environment in which `spark-submit`, or the session of a script, runs with bounded memory, and keeps its files in a folder.
 *
 * @param master `local-cluster[2,1,512]` is two executors, each a process with one core and 512 MB.
 */
export async function submitting({ env }: Spark, folder: string, master = 'local[2]'): Promise<NodeJS.ProcessEnv> {
  const all = {
    ...settings,
    'spark.master': master,
    'spark.driver.memory': '1g',
    'spark.driver.extraJavaOptions': `-XX:+UseSerialGC -Djava.io.tmpdir=${folder}`,
    'spark.executor.memory': '512m',
    'spark.executor.extraJavaOptions': '-XX:+UseSerialGC',
    'spark.local.dir': folder,
    'spark.sql.warehouse.dir': join(folder, 'warehouse'),
  };
  // Where Spark is, the executors of a cluster keep their files.
  const home = join(folder, 'spark');
  if (!existsSync(home)) {
    await mkdir(home);
    for (const name of await readdir(env.SPARK_HOME!)) await symlink(join(env.SPARK_HOME!, name), join(home, name));
  }
  const lines = Object.entries(all).map(([name, value]) => `${name} ${value}\n`);
  await writeFile(join(folder, 'spark-defaults.conf'), lines.join(''));
  return { ...env, SPARK_CONF_DIR: folder, SPARK_HOME: home };
}

/** Why processes cannot be looked at; for `testUnless`. */
export const absentProcesses = existsSync('/proc/self/cwd') ? undefined : 'processes are looked at as Linux shows them';

export const isExecutor = (arg: string) => arg.endsWith('.CoarseGrainedExecutorBackend');

/** The executors of a cluster that keeps its files in a folder. */
export function executorsIn(folder: string): number[] {
  return readdirSync('/proc')
    .filter((pid) => {
      try {
        const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
        return args.some(isExecutor) && readlinkSync(`/proc/${pid}/cwd`).startsWith(folder);
      } catch {
        // It has ended, or is somebody else's.
        return false;
      }
    })
    .map(Number);
}

/**
 * Runs a script on Spark and returns the JSON of the last line that it prints.
 *
 * @param script Python; `SparkSession.builder.getOrCreate()` makes its session, and `sys.argv[1:]` are the arguments.
 * @throws Error with its last words if it fails.
 */
export async function onSpark<Shape>(
  spark: Spark,
  script: string,
  args: readonly string[] = [],
  { master, cwd, seconds = 1800 }: SparkOptions = {},
): Promise<Shape> {
  const folder = await mkdtemp(join(tmpdir(), 'endcap-spark-'));
  try {
    const path = join(folder, 'script.py');
    await writeFile(path, script);
    const env = await submitting(spark, folder, master);
    const ran = await run(spark.python, [path, ...args], { cwd, env, seconds });
    if (ran.code !== 0) throw new Error(`the script failed on Spark:\n${ran.stderr.slice(-1500)}`);
    return JSON.parse(ran.stdout.trimEnd().split('\n').at(-1)!);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function lastWords({ stdout, stderr }: Ran): string {
  return `${stdout}\n${stderr}`.trim().split('\n').at(-1)!.slice(0, 200);
}

import type { Dataset } from '../../dataset/dataset.ts';
import { EndcapError } from '../../errors.ts';
import { type RankingOptions, rankingSettings } from '../../ranking/weights.ts';
import { type AlsOptions, alsSettings } from '../../training/als-options.ts';
import type { Aim } from '../judging/held-out.ts';
import type { Tuned } from './tuned.ts';
import { tunedProblem } from './tuned-file.ts';

/** Throws `invalid_options` if an earlier search is none, was of other orders, had to keep other options, or had another aim. */
export function checkResume(dataset: Dataset, given: AlsOptions & RankingOptions, aim: Aim, resume: Tuned): void {
  const problem = tunedProblem(resume);
  if (problem !== undefined) throw refusal(`is not one that endcap made: ${problem}`, {});
  const { fingerprint, given: kept, aim: aimedAt = {} } = resume;
  if (fingerprint !== dataset.fingerprint)
    throw refusal('was of other orders', { fingerprint, expected: dataset.fingerprint });
  // Both as JSON has them and with every default, so that only differences that matter count.
  const settled = (options: AlsOptions & RankingOptions) =>
    JSON.stringify([options, alsSettings(options), rankingSettings(options)]);
  if (settled(JSON.parse(JSON.stringify(given))) !== settled(kept))
    throw refusal(`kept the options ${JSON.stringify(kept)}, not ${JSON.stringify(given)}`, { expected: kept });
  if (aimedAt.purchased !== aim.purchased || aimedAt.lastDays !== aim.lastDays)
    throw refusal(`was for ${JSON.stringify(aimedAt)}, not for ${JSON.stringify(aim)}`, { expected: aimedAt });
}

function refusal(difference: string, details: object): EndcapError {
  return new EndcapError(
    'invalid_options',
    `resume: that search ${difference}; name another file, or none to begin a new search`,
    { option: 'resume', ...details },
  );
}

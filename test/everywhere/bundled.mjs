/** What a program says that has the package in its bundle, or beside it: what it answers, or its error. Plain JavaScript, as a user's. */
import { createRecommender, loadModel } from 'endcap';
import { createApp } from 'endcap/server';
import { answersOf } from './answers.mjs';

const warnings = [];
process.on('warning', ({ name, message }) => {
  if (name === 'EndcapWarning') warnings.push(message);
});

/** @param path of the model. */
export async function said(path) {
  try {
    const model = await loadModel(path);
    const recommender = createRecommender(model, { threads: 2 });
    const answers = await answersOf(recommender, model, createApp({ recommender }));
    await recommender.close();
    return { ...answers, warnings };
  } catch (error) {
    return { code: error.code, message: error.message, warnings };
  }
}

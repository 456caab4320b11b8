import { hashText, mix } from '../../hash.ts';

/** What it takes to be in an arm: its share of the customers. */
interface Shared {
  readonly share: number;
}

/**
 * Which arm a customer is in, by nothing but the names of the experiment, its arms, and the customer: the same everywhere and
 * at all times, in another order of the arms, too. Arms of which one is not there any more, or has another share, keep as many
 * of their customers as they can: each arm draws a number for the customer, and the one with the lowest for its share has them
 * (weighted rendezvous hashing: Schindelhauer and Schomaker 2005, "Weighted Distributed Hash Tables").
 *
 * @returns the arm of a customer, whose id is as the store has it.
 */
export function assignment<Arm extends Shared>(
  experiment: string,
  arms: Readonly<Record<string, Arm>>,
): (customer: string) => string {
  const seed = mix(hashText(`${experiment}\0`));
  const drawing = Object.entries(arms).map(([name, { share }]) => ({
    name,
    share,
    seed: mix(hashText(`${experiment}\0${name}\0`)),
  }));
  drawing.sort((a, b) => (a.name < b.name ? -1 : 1));
  return (customer) => {
    const hash = mix(hashText(customer, seed));
    let first = '';
    let lowest = Number.POSITIVE_INFINITY;
    for (const { name, share, seed } of drawing) {
      const drawn = -Math.log((mix(hash ^ seed) + 0.5) / 2 ** 32) / share;
      if (drawn < lowest) [first, lowest] = [name, drawn];
    }
    return first;
  };
}

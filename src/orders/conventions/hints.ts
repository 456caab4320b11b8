import type { Look } from '../look.ts';

/** What is said of a decision that an option made. */
export const given = 'given in the options';

/** Words in the column names of languages that write the day first and a comma before decimals, without accents. */
const europeanWords =
  /datum|menge|preis|kunde|artikel|bestell|anzahl|rechnung|commande|quantite|prix|produit|facture|fecha|cantidad|precio|pedido|cliente|producto|quantita|prezzo|ordine|prodotto|aantal|prijs|klant|quantidade|preco|produto/;

/** A name of a column that is German, French, Spanish, Italian, Dutch or Portuguese; undefined if there is none. */
export function europeanName({ names }: Look): string | undefined {
  return names.find((name) => europeanWords.test(name.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()));
}

/** The texts of a column, blank ones left out. */
export function* textsOf({ records }: Look, column: number): Generator<string> {
  for (const record of records) {
    const cell = record[column];
    if (typeof cell === 'string' && cell.trim() !== '') yield cell.trim();
  }
}

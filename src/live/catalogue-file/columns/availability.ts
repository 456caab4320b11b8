/** What the cells of a product file say about whether a product can be bought. */
import { plainName } from '../../../orders/columns/names.ts';

/** `later`: it can be bought although there is none, as on backorder. */
export type Availability = 'yes' | 'no' | 'later';

/** Compared without case, accents, blanks, and punctuation. */
const says: Readonly<Record<Availability, ReadonlySet<string>>> = {
  yes: words(
    'yes, y, true, t, on, x, in stock, instock, in store only, online only, available, limited availability, low stock, only a few left, ' +
      'unlimited, active, activated, published, publish, enabled, visible, shown, online, live, listed, for sale, buyable, purchasable, ' +
      'catalog, search, catalog search, both, everywhere, featured, continue, allow, ' +
      'ja, j, wahr, auf lager, lagernd, vorrätig, verfügbar, lieferbar, sofort lieferbar, aktiv, aktiviert, veröffentlicht, sichtbar, ' +
      'oui, o, vrai, en stock, disponible, actif, active, activé, activée, publié, publiée, visible, en ligne, ' +
      'si, s, verdadero, hay stock, en existencia, activo, activa, activado, publicado, publicada, habilitado, ' +
      'vero, disponibile, in magazzino, in giacenza, attivo, attiva, attivato, pubblicato, pubblicata, visibile, ' +
      'waar, op voorraad, voorradig, beschikbaar, leverbaar, actief, gepubliceerd, zichtbaar, ' +
      'はい, 有, あり, 有り, ○, 〇, 在庫あり, 在庫有り, 販売中, 公開, 公開中, 表示, 有効',
  ),
  later: words(
    'backorder, on backorder, back order, backordered, available on backorder, notify, preorder, pre order, on preorder, presale, pre sale, ' +
      'made to order, on request, vorbestellbar, vorbestellung, nachbestellbar, auf bestellung, rückstand, ' +
      'précommande, sur commande, en réapprovisionnement, reserva, preventa, bajo pedido, preordine, prenotabile, su ordinazione, ' +
      'in nabestelling, nabestelling, pre order, 予約, 予約受付中, 取り寄せ, お取り寄せ',
  ),
  no: words(
    'no, n, false, f, off, out of stock, outofstock, oos, sold out, soldout, unavailable, not available, no stock, none, discontinued, ' +
      'end of life, eol, retired, draft, archived, archive, disabled, hidden, inactive, deactivated, unpublished, not published, private, ' +
      'pending, pending review, trash, trashed, deleted, offline, unlisted, not for sale, not visible, not visible individually, deny, ' +
      'expired, suspended, blocked, coming soon, ' +
      'nein, falsch, nicht auf lager, nicht vorrätig, nicht verfügbar, nicht lieferbar, ausverkauft, vergriffen, inaktiv, deaktiviert, ' +
      'entwurf, archiviert, versteckt, unsichtbar, auslaufartikel, ' +
      'non, faux, hors stock, rupture, rupture de stock, en rupture, en rupture de stock, épuisé, indisponible, non disponible, inactif, ' +
      'désactivé, désactivée, brouillon, archivé, masqué, hors ligne, ' +
      'falso, sin stock, sin existencias, agotado, agotada, no disponible, inactivo, inactiva, desactivado, borrador, archivado, oculto, ' +
      'esaurito, esaurita, non disponibile, non attivo, disattivato, bozza, archiviato, nascosto, ' +
      'nee, onwaar, niet op voorraad, uitverkocht, niet beschikbaar, niet leverbaar, inactief, concept, gearchiveerd, verborgen, ' +
      'いいえ, 無, なし, 無し, ×, 在庫なし, 在庫無し, 売り切れ, 売切れ, 品切れ, 欠品, 販売終了, 非公開, 非表示, 下書き, 廃番, 無効',
  ),
};

const schemaOrg = /^https?:\/\/schema\.org\//i;
const plainNumber = /^[+-]?\d+(?:[.,]\d+)?$/;

/** Undefined if the text says neither; a number says yes above 0. */
export function availabilityIn(text: string): Availability | undefined {
  if (text.length > 100) return undefined;
  if (plainNumber.test(text)) return Number(text.replace(',', '.')) > 0 ? 'yes' : 'no';
  const plain = wordOf(text.replace(schemaOrg, ''));
  for (const [availability, known] of Object.entries(says)) if (known.has(plain)) return availability as Availability;
  return undefined;
}

/** Marks such as ○ have no letters. */
function wordOf(text: string): string {
  return plainName(text) || text.trim();
}

function words(text: string): ReadonlySet<string> {
  return new Set(text.split(', ').map(wordOf));
}

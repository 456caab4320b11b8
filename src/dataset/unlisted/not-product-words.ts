/**
 * What shops call the lines of an order that are no products, in lower case, without accents, as words between blanks. An id
 * or name that is made of these, numbers, and fillers only is no product; `Shipping container toy` is one.
 */
const surePhrases = [
  // English
  'shipping, shipping cost, shipping and handling, postage, postage and packing, post and packing, p p, freight, delivery',
  'courier, handling, handling fee, discount, discounts, coupon, coupons, voucher, vouchers, promo code, promotion code',
  'rebate, gift card, gift cards, giftcard, giftcards, gift voucher, gift vouchers, gift certificate, gift certificates',
  'store credit, deposit, carrier bag, carrier bags, plastic bag, plastic bags, bag charge, bag fee, bag levy',
  'bank charge, bank charges, bank fee, surcharge, service charge, service fee, processing fee, payment fee, booking fee',
  'transaction fee, cod fee, cash on delivery, restocking fee, recycling fee, environmental fee, eco fee, amazon fee',
  'amazon fees, amazonfee, marketplace fee, adjustment, adjustments, price adjustment, bad debt, adjust bad debt, rounding',
  'gratuity, donation, donations, shipping insurance, shipping protection, package protection, sales tax, vat',
  // German
  'versand, versandkosten, versandkostenpauschale, versandpauschale, portokosten, porto und verpackung, lieferung',
  'lieferkosten, liefergebuhr, frachtkosten, nachnahme, nachnahmegebuhr, zustellgebuhr, rabatt, rabatte, rabattcode',
  'gutschein, gutscheine, gutscheincode, geschenkgutschein, wertgutschein, geschenkkarte, pfand, einwegpfand, mehrwegpfand',
  'flaschenpfand, leergut, tragetasche, plastiktute, einkaufstute, gebuhr, gebuhren, bearbeitungsgebuhr',
  'mindermengenzuschlag, skonto, gutschrift, rundungsdifferenz, trinkgeld, spende, mahngebuhr, verpackungskosten',
  // French
  'livraison, frais de port, frais de livraison, frais d expedition, frais d envoi, affranchissement, remise, rabais',
  'bon de reduction, bon d achat, code promo, carte cadeau, cheque cadeau, bon cadeau, consigne, sac de caisse',
  'sac plastique, frais de dossier, frais de service, ajustement, arrondi, pourboire, eco participation, ecoparticipation',
  // Spanish and Portuguese
  'envio, gastos de envio, costes de envio, coste de envio, costo de envio, flete, descuento, descuentos, cupon, cupones',
  'tarjeta regalo, tarjeta de regalo, cheque regalo, vale regalo, vale de descuento, codigo promocional, bolsa de plastico',
  'recargo, gastos de gestion, ajuste, redondeo, propina, donativo, frete, desconto, cupom, vale presente',
  // Italian
  'spedizione, spese di spedizione, costi di spedizione, costo spedizione, contributo spedizione, sconto, sconti',
  'buono sconto, buono regalo, carta regalo, codice sconto, cauzione, contrassegno, arrotondamento, mancia',
  // Dutch and Nordic
  'verzending, verzendkosten, bezorging, bezorgkosten, korting, kortingscode, kortingsbon, cadeaubon, cadeaukaart',
  'waardebon, tegoedbon, statiegeld, draagtas, transactiekosten, administratiekosten, afronding, fooi, vrachtkosten',
  'frakt, fragt, rabat, presentkort, gavekort, pant, fraktkostnad',
  // Japanese
  '送料, 配送料, 配送, 手数料, 代引手数料, 代引き手数料, 割引, 値引き, 値引, クーポン, ギフト券, 商品券, ギフトカード, レジ袋, 保証金',
];

/** The same for words that may also mean a product. */
const doubtfulPhrases = [
  'post, dot, disc, ship, adj, fee, fees, charge, charges, carriage, manual, misc, miscellaneous, sample, samples, gift wrap',
  'gift wrapping, gift, commission, insurance, tip, tips, tax, credit, refund, bag, bags, packaging, reduction, promotion',
  'porto, fracht, expedition, trasporto, korrektur, verpackung, zuschlag, aufschlag, versicherung, emballage, port, avoir',
  'buono, sacchetto, busta, bolsa, sac, tute, tasche, commissione, toeslag, m, d, s',
];

/** Words that say which shipping, discount or fee it is. */
const fillerWords =
  'dhl ups fedex usps dpd gls hermes tnt royal mail parcel paket packet pakket package packchen letter brief colis ' +
  'colissimo chronopost mondial relay relais correos seur mrw brt bpost postnl standard express economy priority first ' +
  'second st nd class ground air overnight next same day international domestic national worldwide europe eu uk us usa ' +
  'de at ch fr es it nl be inland ausland deutschland germany france tracked signed recorded insured pickup click collect ' +
  'flat rate free fee fees cost costs charge charges total amount order cart online web internet dotcom code und and et y ' +
  'e of der des du del di the for fur pour incl inkl excl pauschale kosten frais gastos spese manual percent prozent eur ' +
  'euro euros usd gbp chf dollar pound loyalty customer staff employee welcome promo promotion digital electronic';

const phrasesIn = (lists: readonly string[]) => lists.join(', ').split(', ');

export const sureWords: ReadonlySet<string> = new Set(phrasesIn(surePhrases));
export const doubtfulWords: ReadonlySet<string> = new Set(phrasesIn(doubtfulPhrases));
export const fillers: ReadonlySet<string> = new Set(fillerWords.split(' '));
/** The words that all of these begin with. */
export const firstWords: ReadonlySet<string> = new Set(
  [...sureWords, ...doubtfulWords, ...fillers].map((phrase) => phrase.split(' ', 1)[0]),
);

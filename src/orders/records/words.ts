import type { StatusKind } from '../plan.ts';

/** What a cell says about its record. A return takes off what was bought; `other` is no purchase. */
export type Saying = 'purchase' | 'return' | 'other' | 'unknown';

/**
 * Words are without accents and in lower case; `_` stands for a blank. A text means what a list says if it consists of the
 * list's words, besides `fillers`: "Cancelled by customer" is in the list with "cancelled", "partially refunded" is not in
 * the one with "refunded".
 */
const fillers = words(`
  order payment wc fully full completely by the customer buyer seller merchant admin administrator shop
  checkout store system user auto automatically and on request transaction sale durch vom kunde kunden kaufer handler vollstandig
  komplett bestellung zahlung par le la client vendeur commande paiement entierement totalement por el cliente vendedor
  pedido pago totalmente completamente da dal venditore ordine pagamento door klant bestelling betaling volledig en de`);

const noPurchase = words(`
  cancelled canceled cancellation cancel void voided refund refunded returned return failed failure declined denied
  rejected expired abandoned draft trash trashed deleted removed error chargeback charged_back reversed fraud fraudulent
  undeliverable lost test
  storniert storno stornierung abgebrochen erstattet zuruckerstattet ruckerstattet retourniert zuruckgegeben
  zuruckgesendet fehlgeschlagen abgelehnt abgelaufen geloscht entwurf widerrufen fehler annulliert
  annule annulee annules annulees annulation rembourse remboursee remboursement retourne retournee echoue echouee echec
  refuse refusee expire expiree abandonne abandonnee brouillon supprime supprimee erreur
  cancelado cancelada anulado anulada reembolsado reembolsada devuelto devuelta devolucion fallido fallida rechazado
  rechazada denegado denegada caducado caducada expirado expirada abandonado abandonada borrador eliminado eliminada
  error_en devolvido devolvida
  annullato annullata cancellato cancellata stornato stornata rimborsato rimborsata reso restituito restituita fallito
  fallita rifiutato rifiutata scaduto scaduta abbandonato abbandonata bozza eliminato eliminata errore
  geannuleerd terugbetaald geretourneerd retour mislukt geweigerd afgewezen verlopen afgebroken verwijderd vervallen
  キャンセル キャンセル済み キャンセル済 取消 取消済み 返金 返金済み 返金済 返品 返品済み 失敗 下書き`);

const keptStatus = words(`
  completed complete paid processing processed shipped delivered fulfilled unfulfilled closed pending hold authorized
  authorised captured settled sold invoiced new open accepted approved confirmed success successful succeeded dispatched
  ready partially_refunded partially_paid partial partially unshipped in_progress created finished done active
  bezahlt abgeschlossen versandt versendet geliefert offen neu bearbeitung in_bearbeitung bestatigt erledigt
  payee paye terminee termine expediee expedie livree livre validee en_cours acceptee accepte
  completado completada pagado pagada enviado enviada entregado entregada procesando pendiente en_proceso aceptado
  completato completata pagato pagata spedito spedita consegnato consegnata in_lavorazione evaso accettato
  voltooid betaald verzonden geleverd afgeleverd verwerkt in_behandeling
  完了 発送済み 支払い済み 入金済み 処理中 配達済み`);

const purchaseEvents = words(`
  purchase purchased purchases transaction transactions buy bought order ordered orders sale sales sold payment paid
  conversion checkout_complete checkout_completed complete_checkout complete_purchase completed_purchase
  purchase_completed order_completed order_placed place_order placed_order completed_order
  kauf gekauft verkauf bestellung bestellt achat achete vente commande commande_validee compra comprado venta pedido
  acquisto acquistato vendita ordine aankoop gekocht verkoop bestelling 購入 注文 販売`);

const returnEvents = words(`
  return returned refund refunded returns refunds credit credit_note credit_memo retoure ruckgabe gutschrift erstattung
  storno retour avoir remboursement devolucion reembolso abono reso rimborso nota_di_credito retourzending terugbetaling
  creditnota 返品 返金 refund_line return_line refund_item return_item`);

const otherEvents = words(`
  view viewed views pageview page_view pv product_view product_viewed view_item item_view view_product detail detail_view
  view_detail details click clicked clicks cart addtocart add_to_cart added_to_cart addcart add_cart basket addtobasket
  add_to_basket removefromcart remove_from_cart removed_from_cart remove_cart view_cart cart_view wishlist
  add_to_wishlist addtowishlist fav favorite favourite favorites favourites like liked add_to_favorites collect search
  searched impression impressions begin_checkout start_checkout checkout_started checkout checkout_progress session_start
  session scroll rate rating review login logout signup sign_up register registration share visit visited browse browsed
  user_engagement hover abandon abandoned first_visit add_payment_info add_shipping_info select_item select_content
  view_item_list view_promotion select_promotion
  ansicht angesehen warenkorb merkliste wunschliste suche klick vue panier recherche clic vista ver carrito busqueda
  lista_deseos visualizzazione carrello ricerca weergave winkelwagen zoeken 閲覧 カート 検索 クリック`);

const itemLines = words(`
  line_item lineitem sale_line sales_line order_line order_item orderitem item item_line product product_line line article
  artikel position artikelposition produit ligne_article producto articulo prodotto articolo regel`);

const otherLines = words(`
  sale sales order payment payments transaction shipping shipping_line discount discount_line fulfillment_line fulfillment
  risk tax tax_line tip fee note customer gift_card coupon header footer summary total subtotal surcharge adjustment rounding
  versand versandkosten rabatt zahlung steuer livraison remise paiement envio descuento spedizione sconto verzending
  korting`);

const yes = words('yes y true t 1 x ja j oui o si s wahr vrai verdadero vero waar sim はい on');
const no = words('no n false f 0 nein non nee falsch faux falso onwaar nao いいえ off none never');

/** What a cell's text says, in a column of the given kind. */
export function saying(kind: StatusKind, text: string): Saying {
  const said = plainWords(text);
  if (said === '') return kind === 'mark' ? 'purchase' : 'unknown';
  switch (kind) {
    case 'status':
      return consistsOf(said, noPurchase) ? 'other' : consistsOf(said, keptStatus) ? 'purchase' : 'unknown';
    case 'event':
      if (has(purchaseEvents, said)) return 'purchase';
      return has(returnEvents, said) ? 'return' : has(otherEvents, said) ? 'other' : 'unknown';
    case 'line':
      if (has(itemLines, said)) return 'purchase';
      return has(returnEvents, said) ? 'return' : has(otherLines, said) ? 'other' : 'unknown';
    case 'mark':
      return has(yes, said) || (!has(no, said) && /[1-9]/.test(said)) ? 'other' : 'purchase';
  }
}

function words(text: string): Set<string> {
  return new Set(text.trim().split(/\s+/));
}

/** Lower case, without accents, and one blank between words; `wc-on-hold` and `AddToCart` become words, too. */
export function plainWords(text: string): string {
  if (/^[ -~]*$/.test(text)) {
    return text
      .replace(/([a-z])([A-Z])/g, '$1 $2')
      .toLowerCase()
      .replace(/[^a-z\d]+/g, ' ')
      .trim();
  }
  return text
    .replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
    .normalize('NFKD')
    .replace(/(\p{Script=Latin})\p{M}+/gu, '$1')
    .normalize('NFC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}ー]+/gu, ' ')
    .trim();
}

function has(list: ReadonlySet<string>, said: string): boolean {
  return list.has(said.replaceAll(' ', '_'));
}

function consistsOf(said: string, list: ReadonlySet<string>): boolean {
  if (has(list, said)) return true;
  const parts = said.split(' ');
  return parts.some((part) => list.has(part)) && parts.every((part) => list.has(part) || fillers.has(part));
}

/** The usual names of columns, by role and language: data, not code. */
import type { Role } from './roles.ts';

/** The usual names of a kind of column by language; earlier names take precedence, and so do earlier languages. */
export type Names = Partial<Record<'en' | 'de' | 'fr' | 'es' | 'it' | 'nl' | 'ja', string>>;

/** By role: kinds of columns, the best first, such as ids before email addresses before the names of people. */
export const usualNames: Record<Role, readonly Names[]> = {
  customer: [
    {
      en: 'customer unique id, customer id, customer, customer no, customer number, customer code, customer key, cust id, cust no, cust code, user id, user, user name, buyer id, buyer user id, buyer username, buyer, client id, client, client no, client number, client code, user pseudo id, member id, member no, member number, membership id, membership number, shopper id, visitor id, account id, account number, household key, household id, customer user, customer user id, loyalty card, loyalty card number, card number, card id, subscriber id, patron id, person id, id customer, uid',
      de: 'Kundennummer, Kunden-Nr, KdNr, Kunde-Nr, Kundenummer, Kd-Nummer, Kunden-ID, Kunde, Kundencode, Käufer-ID, Käufer, Benutzer-ID, Benutzername, Debitor, Debitorennummer, Debitoren-Nr, Besteller, Mitgliedsnummer, Kundenkarte, Kundenkartennummer',
      fr: 'numéro client, n° client, no client, num client, numéro de client, id client, identifiant client, code client, référence client, client, acheteur, id acheteur, utilisateur, id utilisateur, numéro de carte, carte de fidélité',
      es: 'número de cliente, nº cliente, n cliente, num cliente, id cliente, id de cliente, código cliente, código de cliente, cliente, comprador, id comprador, usuario, id usuario, socio, número de socio',
      it: 'numero cliente, n. cliente, id cliente, codice cliente, cod cliente, cliente, acquirente, id acquirente, utente, id utente, codice utente, tessera, numero tessera',
      nl: 'klantnummer, klantnr, klant-id, klantcode, klant, debiteurnummer, debiteur, koper, gebruiker, gebruikers-id, relatienummer, lidnummer',
      ja: '顧客ID, 顧客番号, 顧客コード, 会員ID, 会員番号, 会員コード, お客様ID, お客様番号, 購入者ID, 注文者ID, ユーザーID, ユーザID, 得意先コード, 顧客, 会員, 購入者, 得意先',
    },
    {
      en: 'customer email, customer email address, billing email, billing email address, email billing, buyer email, buyer email address, contact email, user email, client email, email, email address, mail, mail address',
      de: 'Kunden-E-Mail, E-Mail-Adresse, E-Mail, E-Mail-Adresse des Kunden, Rechnungs-E-Mail, Käufer-E-Mail, Mailadresse',
      fr: 'e-mail client, email du client, adresse e-mail, adresse mail, courriel, adresse électronique',
      es: 'correo electrónico, correo, email cliente, correo del cliente, correo electrónico del cliente',
      it: 'email cliente, indirizzo email, indirizzo e-mail, posta elettronica',
      nl: 'e-mailadres, e-mailadres klant, klant e-mail',
      ja: 'メールアドレス, 顧客メールアドレス, 注文者メールアドレス, 購入者メールアドレス, Eメール',
    },
    {
      en: 'customer name, client name, buyer name, customer full name, billing name, bill-to name, full name, member name, account name, customer phone, billing phone, phone billing, buyer phone number',
      de: 'Kundenname, Name des Kunden, Käufername, Rechnungsname, Firma',
      fr: 'nom du client, nom client, nom de l’acheteur',
      es: 'nombre del cliente, nombre cliente, nombre del comprador',
      it: 'nome cliente, nome del cliente, ragione sociale, nominativo',
      nl: 'klantnaam, naam klant, naam van de klant',
      ja: '顧客名, 会員名, 購入者名, 注文者名, お客様名, 得意先名, 注文者氏名',
    },
  ],
  product: [
    {
      en: 'product id, stock code, sku, product sku, lineitem sku, item sku, variant sku, seller sku, sku code, sku id, sku no, sku number, item id, item no, item number, product code, product no, product number, product key, item code, prod code, article id, article no, article number, article code, article, asin, upc, ean, ean13, gtin, barcode, isbn, plu, variant id, listing id, custom label, product reference, part number, part no, material, material number, merchandise id, id product, movie id, track id, book id, artist id, song id, game id',
      de: 'Artikelnummer, Artikel-Nr, Art-Nr, Artikel-ID, Artikelcode, Produktnummer, Produkt-Nr, Produkt-ID, Produktcode, Materialnummer, Ware-ID, Variantennummer, Artikel, Produkt, Position SKU',
      fr: 'référence article, référence produit, réf produit, réf article, code article, code produit, id produit, id article, numéro article, numéro produit, référence du produit, référence, article, produit, code-barres, code EAN',
      es: 'código de producto, código producto, cod producto, id producto, id de producto, código de artículo, código artículo, referencia producto, referencia del producto, id artículo, número de artículo, artículo, producto, código de barras',
      it: 'codice prodotto, cod prodotto, id prodotto, codice articolo, cod articolo, id articolo, codice a barre, riferimento prodotto, articolo, prodotto',
      nl: 'artikelnummer, artikelnr, artikelcode, artikel-id, productnummer, productcode, product-id, artikel, barcode',
      ja: '商品コード, 商品番号, 商品ID, 商品管理番号, 商品SKU, SKUコード, 品番, 型番, 製品コード, 製品番号, 製品ID, JANコード, バーコード, アイテムコード, アイテムID, 品目コード',
    },
    {
      en: 'product, item, product name, item name, product title, item title, lineitem name, line item, title, item description, product description, description, service name, menu item',
      de: 'Artikelbezeichnung, Artikelname, Produktname, Produktbezeichnung, Artikelbeschreibung, Bezeichnung, Produkttitel, Artikeltext, Warenbezeichnung',
      fr: 'nom du produit, nom produit, nom de l’article, désignation, désignation article, libellé, libellé produit, libellé article, intitulé',
      es: 'nombre del producto, nombre producto, nombre del artículo, descripción, descripción del producto, descripción producto',
      it: 'nome prodotto, nome del prodotto, nome articolo, descrizione, descrizione articolo, descrizione prodotto',
      nl: 'productnaam, artikelnaam, omschrijving, artikelomschrijving, productomschrijving, beschrijving',
      ja: '商品名, 製品名, 品名, アイテム名, 商品, 品目, 商品名称, 製品, メニュー名',
    },
  ],
  quantity: [
    {
      en: 'quantity, qty, lineitem quantity, line quantity, item quantity, item qty, product quantity, product qty, order quantity, order qty, quantity ordered, qty ordered, ordered quantity, ordered qty, quantity purchased, purchased quantity, quantity sold, qty sold, sold quantity, units sold, sales quantity, sales qty, sale quantity, transaction qty, transaction quantity, quantity refund, net quantity, net qty, invoiced quantity, qty invoiced, units, unit sold, pieces, pcs',
      de: 'Menge, Anzahl, Stückzahl, Stück, Stueck, Stueckzahl, Stk, Bestellmenge, verkaufte Menge, Absatzmenge, Artikelmenge, Artikelanzahl, Absatz, bestellte Menge, Verkaufsmenge, gelieferte Menge',
      fr: 'quantité, qté, qte, quantité commandée, quantité vendue, quantité produit, qté commandée, qté vendue, nombre, nb, nombre d’unités, unités, unités vendues, pièces',
      es: 'cantidad, cant, cantidad pedida, cantidad vendida, cantidad comprada, unidades, uds, unidades vendidas, cantidad de producto, piezas',
      it: 'quantità, qtà, q.tà, qta, quantità ordinata, quantità venduta, quantità acquistata, pezzi, n. pezzi, numero pezzi, unità',
      nl: 'aantal, hoeveelheid, besteld aantal, aantal besteld, aantal verkocht, verkocht aantal, stuks, aantal stuks',
      ja: '数量, 個数, 購入数量, 購入数, 購入個数, 注文数量, 注文数, 注文個数, 受注数量, 受注数, 販売数量, 販売数, 売上数量, 売上数, 点数, 出荷数量',
    },
    { en: 'number of items, item count, items, count, items sold, amount, no of items, num items, volume' },
  ],
  order: [
    {
      en: 'order id, order no, order number, order, invoice no, invoice, invoice id, invoice number, transaction id, transaction no, transaction number, transaction, basket id, receipt id, receipt no, receipt number, receipt, bill no, bill number, bill id, sale id, sale number, sales id, sale no, sales order, sales order number, sales order id, ticket, ticket id, ticket number, ticket no, check number, check no, check id, document number, document no, doc no, doc number, voucher number, increment id, order increment id, id order, order name, order key, order code, order reference, order uuid, sales record number, cart id, purchase id, checkout id, user session, session id, basket',
      de: 'Bestellnummer, Bestell-Nr, Bestell-ID, Bestellung, Auftragsnummer, Auftrags-Nr, Auftrag-Nr, Auftrags-ID, Auftrag, Rechnungsnummer, Rechnungs-Nr, Rg-Nr, Rechnung, Belegnummer, Beleg-Nr, Beleg, Bonnummer, Bon-Nr, Bon, Kassenbon, Kassenbonnummer, Vorgangsnummer, Transaktionsnummer, Transaktions-ID, Vorgang, Warenkorb-ID',
      fr: 'numéro de commande, n° de commande, n° commande, no commande, numéro commande, num commande, id commande, identifiant commande, référence commande, référence de la commande, commande, numéro de facture, n° facture, numéro facture, facture, ticket, numéro de ticket, n° ticket, numéro de transaction, id transaction, panier',
      es: 'número de pedido, nº pedido, nº de pedido, num pedido, número pedido, id pedido, id de pedido, referencia pedido, pedido, número de factura, nº factura, factura, número de ticket, nº ticket, id transacción, número de transacción, transacción, número de orden, id orden, orden',
      it: 'numero ordine, n. ordine, n ordine, num ordine, numero d’ordine, id ordine, codice ordine, riferimento ordine, ordine, numero fattura, n. fattura, fattura, numero scontrino, n. scontrino, scontrino, id transazione, transazione, numero documento',
      nl: 'bestelnummer, bestelnr, bestelling, bestelling-id, ordernummer, ordernr, order-id, factuurnummer, factuurnr, factuur, bonnummer, bonnr, kassabon, transactienummer, transactie-id, transactie',
      ja: '注文番号, 注文ID, 注文No, 受注番号, 受注ID, 受注No, オーダーID, オーダー番号, 伝票番号, 伝票No, 売上番号, 売上伝票番号, 取引ID, 取引番号, レシート番号, 購入ID, 購入番号, 注文コード',
    },
  ],
  time: [
    {
      en: 'invoice date, order date, order datetime, order date time, ordered at, order timestamp, order purchase timestamp, purchase date, purchased at, purchase timestamp, transaction date, transaction dt, transaction timestamp, created at, date created, sale date, sales date, date of sale, date of purchase, order placed, order placed at, placed at, order created at, processed at, created, created on, created date, created time, creation date, create time, order created, order created date, date time, date and time, timestamp, event time, event timestamp, event date, trans date, shop date, bill date, receipt date, document date, doc date, posting date, business date, date add, date added, date ordered, order date utc, order date gmt, completed at, completed time, date completed, sold at, sold on, paid at, date paid, paid on date, payment date, date, t dat, ts, unix time, order time, invoice time, purchase time, transaction time, sale time, time',
      de: 'Bestelldatum, Auftragsdatum, Rechnungsdatum, Belegdatum, Kaufdatum, Verkaufsdatum, Buchungsdatum, Bondatum, Transaktionsdatum, Datum der Bestellung, Bestellt am, Erstellt am, Erstelldatum, Bestellzeitpunkt, Zeitpunkt, Zeitstempel, Datum, Datum/Uhrzeit, Datum und Uhrzeit, Bestellzeit',
      fr: 'date de commande, date commande, date de la commande, date d’achat, date achat, date de vente, date vente, date de facture, date facture, date de facturation, date de création, date transaction, date de transaction, date et heure, horodatage, créé le, date d’ajout',
      es: 'fecha de pedido, fecha del pedido, fecha pedido, fecha de compra, fecha compra, fecha de venta, fecha venta, fecha de factura, fecha factura, fecha de la orden, fecha de creación, fecha creación, fecha y hora, fecha transacción, fecha de transacción, fecha, creado el',
      it: 'data ordine, data dell’ordine, data d’ordine, data acquisto, data di acquisto, data vendita, data di vendita, data fattura, data documento, data creazione, data di creazione, data e ora, data transazione, data, creato il',
      nl: 'besteldatum, orderdatum, factuurdatum, aankoopdatum, verkoopdatum, bestelmoment, transactiedatum, datum, datum en tijd, aangemaakt op, tijdstip, datum/tijd',
      ja: '注文日時, 注文日, 受注日時, 受注日, 購入日時, 購入日, 売上日時, 売上日, 販売日時, 販売日, 取引日時, 取引日, 決済日時, 伝票日付, 作成日時, 作成日, 登録日時, 日時, 日付, 年月日',
    },
  ],
  clock: [
    {
      en: 'time, order time, invoice time, purchase time, transaction time, sale time, time of day, trans time',
      de: 'Uhrzeit, Zeit, Bestellzeit, Bonzeit',
      fr: 'heure, heure de commande, heure commande, heure d’achat, heure de vente',
      es: 'hora, hora de pedido, hora del pedido, hora de compra, hora de venta',
      it: 'ora, ora ordine, orario',
      nl: 'tijd, besteltijd',
      ja: '時刻, 時間, 注文時刻, 注文時間, 購入時刻, 受注時刻, 受注時間, 売上時刻',
    },
  ],
  price: [
    {
      en: 'unit price, price, item price, lineitem price, line price, product price, sale price, selling price, price each, item cost, sold for, price per unit, unit cost, price per item, product unit price, retail price, net price, gross price, list price',
      de: 'Einzelpreis, Stückpreis, Preis, Artikelpreis, Verkaufspreis, VK-Preis, Preis pro Stück, Einzelpreis brutto, Einzelpreis netto, Bruttopreis, Nettopreis, Produktpreis',
      fr: 'prix unitaire, prix, prix de vente, prix unitaire TTC, prix unitaire HT, prix TTC, prix HT, prix produit, prix article, PU, PU TTC, PU HT',
      es: 'precio unitario, precio, precio de venta, precio venta, precio por unidad, precio unidad, precio producto, precio unit, PVP',
      it: 'prezzo unitario, prezzo, prezzo di vendita, prezzo vendita, prezzo prodotto, prezzo unit, prezzo articolo',
      nl: 'stukprijs, prijs, verkoopprijs, eenheidsprijs, prijs per stuk, productprijs, artikelprijs',
      ja: '単価, 販売単価, 商品単価, 価格, 販売価格, 商品価格, 税込単価, 税抜単価, 売価, 税込価格',
    },
  ],
  name: [
    {
      en: 'product name, item name, product title, item title, lineitem name, item description, product description, line item, description, title, product, item, name, details',
      de: 'Artikelbezeichnung, Artikelname, Produktname, Produktbezeichnung, Bezeichnung, Artikelbeschreibung, Produkttitel, Artikeltext, Warenbezeichnung, Beschreibung, Artikel, Produkt',
      fr: 'nom du produit, nom produit, nom de l’article, désignation, désignation article, libellé, libellé produit, libellé article, intitulé, description, produit, article, nom',
      es: 'nombre del producto, nombre producto, nombre del artículo, descripción del producto, descripción, producto, artículo, nombre',
      it: 'nome prodotto, nome del prodotto, nome articolo, descrizione articolo, descrizione prodotto, descrizione, prodotto, articolo, nome',
      nl: 'productnaam, artikelnaam, artikelomschrijving, productomschrijving, omschrijving, beschrijving, artikel, product, naam',
      ja: '商品名, 商品名称, 製品名, 品名, アイテム名, 商品, 製品, 品目, メニュー名, 名称',
    },
  ],
  category: [
    {
      en: 'product category, product category name, category, category name, item category, main category, product type, department, category code, product line, product group, commodity desc, category name 1',
      de: 'Kategorie, Produktkategorie, Warengruppe, Artikelgruppe, Produktgruppe, Hauptkategorie, Sortiment, Abteilung',
      fr: 'catégorie, catégorie produit, catégorie de produit, famille, famille de produit, rayon, catégorie principale',
      es: 'categoría, categoría de producto, categoría producto, familia, departamento, categoría principal',
      it: 'categoria, categoria prodotto, reparto, famiglia, categoria merceologica',
      nl: 'categorie, productcategorie, productgroep, artikelgroep, hoofdcategorie, afdeling',
      ja: 'カテゴリ, カテゴリー, 商品カテゴリ, 商品カテゴリー, 商品分類, 分類, 部門, 部門名, ジャンル',
    },
  ],
  refunded: [
    {
      en: 'quantity refunded, qty refunded, refunded quantity, refunded qty, returned quantity, returned qty, quantity returned, qty returned, item refunded qty, item quantity refunded, product quantity refunded, product quantity return, return quantity, units returned, units refunded, refund quantity, sku quantity of return, lineitem quantity refunded',
      de: 'Retourmenge, retournierte Menge, Retourenmenge, Rückgabemenge, erstattete Menge, zurückgegebene Menge',
      fr: 'quantité retournée, quantité remboursée, qté retournée, qté remboursée',
      es: 'cantidad devuelta, cantidad reembolsada, unidades devueltas',
      it: 'quantità resa, quantità rimborsata, quantità restituita',
      nl: 'aantal retour, geretourneerd aantal, aantal geretourneerd, retouraantal',
      ja: '返品数量, 返品数, 返金数量, 返品個数',
    },
  ],
  status: [
    {
      en: 'order status, status, financial status, payment status, order state, item status, event, event type, event name, transaction status, transaction type, sale status, line type, state of order, fulfillment status, current state',
      de: 'Bestellstatus, Auftragsstatus, Status der Bestellung, Zahlungsstatus, Rechnungsstatus, Positionsstatus',
      fr: 'statut, statut de la commande, statut commande, état de la commande, état commande, état, statut de paiement',
      es: 'estado del pedido, estado pedido, estado de pedido, estado de la orden, estado, estado de pago',
      it: 'stato ordine, stato dell’ordine, stato, stato pagamento',
      nl: 'orderstatus, bestelstatus, betaalstatus, status bestelling',
      ja: 'ステータス, 注文ステータス, 受注ステータス, 注文状況, 注文状態, 受注状態, 状態, 支払状況, 決済ステータス',
    },
  ],
  sequence: [{ en: 'order sequence, customer order number, order sequence number, nth order, visit number' }],
};

/** Names that other things than a quantity have as well, such as sums of money and totals of an order. */
export const vagueQuantities =
  'amount, count, items, number of items, item count, no of items, num items, items sold, volume, nombre, nb';
/** Names that the cashier has as well as the customer. */
export const vagueCustomers = 'user, user name, Benutzername, utilisateur, usuario, utente, gebruiker, account number';
/** Names that each line of an order may have for itself. */
export const vagueOrders = 'transaction id, transaction no, transaction number, transaction';
/** Names that people and shops have as well as products. */
export const vagueNames = 'name, nom, nombre, nome, naam, details, title';

/** In dotted names such as `line_items.sku`, the segment before the last one must be of these, singular or plural. */
const itemContexts =
  'item, line item, product, article, variant, line, order line, order item, order product, product detail, row, entry, ' +
  'position, content, purchased item, cart, basket, bestellposition, positionen, artikel, warenkorb, produit, producto, ' +
  'articulo, prodotti, articoli, producten, 商品, 明細';
const orderContexts = 'order, transaction, invoice, sale, purchase, receipt, basket, cart, checkout';
export const contexts: Record<Role, string> = {
  customer: 'customer, user, buyer, client, account, member, billing, billing address, contact, shopper, purchaser',
  product: itemContexts,
  quantity: itemContexts,
  order: orderContexts,
  time: orderContexts,
  clock: orderContexts,
  price: itemContexts,
  name: itemContexts,
  category: itemContexts,
  refunded: itemContexts,
  status: orderContexts,
  sequence: orderContexts,
};
/** Segments that say nothing about what follows. */
export const wrappers =
  'data, record, node, edges, event, payload, properties, attributes, fields, source, row, entity, order';

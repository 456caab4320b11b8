/** The usual names of columns of product files where no platform is recognized: data, not code. */
import type { CatalogueRole } from './platforms.ts';

/** Besides the names of products in orders, which come first. */
export const usualIds =
  'id, variant id, handle, url handle, slug, url key, product handle, token, item group id, g:id, guid, uuid, ' +
  'name, title, product name, product title, item name';

/** Earlier names take precedence. */
export const usualNames: Readonly<Record<CatalogueRole, string>> = {
  name:
    'product name, product title, item name, item title, title, name, display name, label, product, item, ' +
    'Artikelname, Artikelbezeichnung, Produktname, Produktbezeichnung, Bezeichnung, Titel, ' +
    'nom du produit, nom produit, nom, désignation, libellé, titre, intitulé, ' +
    'nombre del producto, nombre producto, nombre, título, ' +
    'nome prodotto, nome del prodotto, nome, titolo, descrizione breve, productnaam, artikelnaam, naam, titel, ' +
    '商品名, 製品名, 品名, 名称, description, Beschreibung, descripción, descrizione, omschrijving',
  category:
    'category, categories, product category, product categories, category name, category path, product type, type, department, ' +
    'Kategorie, Kategorien, Produktkategorie, Warengruppe, Artikelgruppe, catégorie, catégories, famille, rayon, ' +
    'categoría, categorías, familia, categoria, categorie, reparto, productcategorie, productgroep, ' +
    'カテゴリ, カテゴリー, 商品カテゴリ, 商品カテゴリー, 商品分類, 分類',
  price:
    'price, unit price, regular price, selling price, retail price, current price, list price, price incl tax, gross price, amount, ' +
    'Preis, Verkaufspreis, Bruttopreis, Einzelpreis, Regulärer Preis, prix, prix de vente, prix TTC, prix unitaire, tarif régulier, ' +
    'precio, precio de venta, precio normal, PVP, prezzo, prezzo di vendita, prezzo di listino, prijs, verkoopprijs, normale prijs, ' +
    '価格, 販売価格, 単価, 税込価格, 通常価格',
  salePrice:
    'sale price, special price, discounted price, discount price, offer price, promo price, promotional price, reduced price, ' +
    'Angebotspreis, Aktionspreis, Sonderpreis, prix promo, prix soldé, prix promotionnel, tarif promo, precio rebajado, precio oferta, ' +
    'precio de oferta, prezzo scontato, prezzo in offerta, aanbiedingsprijs, actieprijs, セール価格, 特価',
  onSale: 'on sale',
  saleFrom:
    'date sale price starts, sale price from, special price from date, sale start, sale starts, sale price effective date',
  saleUntil:
    'date sale price ends, sale price to, special price to date, sale end, sale ends, sale price effective date',
  stock:
    'stock, stock quantity, stock qty, stock level, stock on hand, qty in stock, quantity in stock, in stock quantity, quantity, qty, ' +
    'inventory, inventory quantity, inventory qty, inventory level, available quantity, quantity available, available qty, on hand, ' +
    'current stock, units in stock, Bestand, Lagerbestand, Lagermenge, Menge, Anzahl, Lager, stock disponible, quantité, quantité en stock, ' +
    'qté, qté en stock, existencias, cantidad, inventario, cantidad en stock, giacenza, quantità, quantità disponibile, magazzino, ' +
    'disponibilità, voorraad, aantal, voorraadaantal, 在庫, 在庫数, 在庫数量, 数量',
  availability:
    'availability, available, is available, in stock, in stock?, is in stock, instock, stock status, stock availability, inventory status, ' +
    'Verfügbarkeit, verfügbar, lieferbar, auf Lager, Vorrätig?, vorrätig, Lagerstatus, disponibilité, disponible, en stock, en stock ?, ' +
    'disponibilidad, ¿en inventario?, ¿existencias?, disponibile, in magazzino?, stato magazzino, beschikbaarheid, beschikbaar, op voorraad, ' +
    'op voorraad?, voorraadstatus, 在庫状況, 在庫状態, 在庫有無',
  backorders:
    'backorders, backorders allowed, backorders allowed?, allow backorders, backorder, continue selling when out of stock, inventory policy, ' +
    'Lieferrückstände erlaubt?, Lieferrückstand erlaubt?, autoriser les commandes de produits en rupture ?, ¿permitir reservas de productos agotados?, ' +
    'abilita gli ordini arretrati?, nabestellingen toestaan?',
  tracked: 'manage stock, track inventory, track stock, inventory tracking, inventory tracked, stock managed',
  published:
    'published, publish, is published, active, is active, enabled, is enabled, visible, is visible, online, is online, listed, sellable, ' +
    'status, product status, item status, state, visibility, publication status, Veröffentlicht, aktiv, Aktiv?, sichtbar, Produktstatus, ' +
    'publié, publiée, actif, en ligne, statut, état, publicado, activo, estado, pubblicato, attivo, stato, gepubliceerd, actief, zichtbaar, ' +
    '公開, 公開状態, 表示, 販売状態, ステータス',
  withdrawn:
    'archived, is archived, hidden, is hidden, disabled, is disabled, deleted, is deleted, discontinued, is discontinued, sold out, soldout, ' +
    'is sold out, out of stock, inactive, unavailable, ausverkauft, deaktiviert, archiviert, épuisé, archivé, agotado, archivado, esaurito, ' +
    'uitverkocht, gearchiveerd, 売り切れ, 非公開',
  url:
    'url, link, product url, product link, item url, page url, permalink, canonical url, web address, Produkt-URL, Produktlink, Artikel-URL, ' +
    'lien, url du produit, url produit, lien du produit, enlace, url del producto, collegamento, url prodotto, product-url, productlink, ' +
    '商品URL, 商品ページURL',
  image:
    'image url, image link, image, images, image src, picture, picture url, photo, photo url, thumbnail, thumbnail url, main image, img, ' +
    'Bild, Bilder, Bild-URL, Produktbild, image principale, url image, url de l’image, photo principale, imagen, imágenes, url de imagen, ' +
    'immagine, immagini, url immagine, afbeelding, afbeeldingen, afbeelding-url, 画像, 画像URL, 商品画像, 商品画像URL',
  brand:
    'brand, brand name, manufacturer, vendor, make, Marke, Hersteller, marque, fabricant, marca, fabricante, produttore, merk, fabrikant, ' +
    'ブランド, メーカー',
};

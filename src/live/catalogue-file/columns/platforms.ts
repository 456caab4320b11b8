import type { CategoryMarks } from './categories.ts';

/** What a column of a product file says. */
export type CatalogueRole =
  | 'name'
  | 'category'
  | 'price'
  /** In place of the price, if it is filled, and lower. */
  | 'salePrice'
  /** Whether the sale price counts. */
  | 'onSale'
  | 'saleFrom'
  | 'saleUntil'
  /** Pieces, in any of several places. */
  | 'stock'
  /** In words, or 1 and 0. */
  | 'availability'
  /** Whether it is sold although there is none. */
  | 'backorders'
  /** Whether the stock is counted at all. */
  | 'tracked'
  /** All of them must say so. */
  | 'published'
  /** None of them may say so. */
  | 'withdrawn'
  | 'url'
  | 'image'
  | 'brand';

/** What a product export of a shop platform looks like. Names are compared without case, blanks, and punctuation. */
export interface CataloguePlatform {
  readonly name: string;
  /** Names that occur together in no other table; if all names of one of them are there, it is this one. */
  readonly signatures: readonly string[];
  /** The columns that may have the ids, the likeliest first. */
  readonly ids: string;
  /** The columns of a role, preferred first. */
  readonly columns: Partial<Record<CatalogueRole, string>>;
  readonly categories?: CategoryMarks;
  /**
   * The column by which lines belong together: one where it is blank, or the same as in the line above, has what is blank in
   * it from the line above.
   */
  readonly carriedBy?: string;
  /** A line without any of these is no product, but another image of the one above. */
  readonly itemColumns?: string;
  /** A column of what a line is, and words for other things than products. */
  readonly kinds?: { readonly column: string; readonly others: readonly string[] };
  /** A column that names the product whose variant a line is, by its id (`id:12`) or its SKU. */
  readonly parent?: string;
  /** What `published` says if it is off, besides the usual words. */
  readonly off?: string;
  /** A blank in `tracked` means that stock is not counted. */
  readonly blankIsUntracked?: boolean;
  /** The path of a product in the shop, before what the column `url` has. */
  readonly path?: string;
}

/** The first that matches counts. */
export const platforms: readonly CataloguePlatform[] = [
  {
    name: 'Shopify',
    signatures: [
      'Handle; Variant SKU',
      'Handle; Variant Price',
      'Handle; Title; Option1 Value',
      'URL handle; Option1 name',
      'URL handle; Continue selling when out of stock',
    ],
    ids: 'Variant SKU; SKU; Variant ID; Variant Barcode; Barcode; ID; Handle; URL handle; Title',
    columns: {
      name: 'Title',
      category: 'Type; Custom Product Type; Product Category',
      price: 'Variant Price; Price',
      stock: 'Variant Inventory Qty; Inventory quantity',
      tracked: 'Variant Inventory Tracker; Inventory tracker',
      backorders: 'Variant Inventory Policy; Continue selling when out of stock',
      published: 'Status; Published; Published on online store',
      url: 'Handle; URL handle',
      image: 'Image Src; Product image URL; Variant Image; Variant image URL',
      brand: 'Vendor',
    },
    carriedBy: 'Handle; URL handle',
    itemColumns: 'Variant SKU; SKU; Variant Price; Price; Option1 Value',
    blankIsUntracked: true,
    path: '/products/',
  },
  {
    name: 'WooCommerce',
    signatures: ['Regular price; In stock?', 'Regular price; Backorders allowed?', 'SKU; Regular price; Published'],
    ids: 'SKU; ID; GTIN, UPC, EAN, or ISBN; Name',
    columns: {
      name: 'Name',
      category: 'Categories',
      price: 'Regular price',
      salePrice: 'Sale price',
      saleFrom: 'Date sale price starts',
      saleUntil: 'Date sale price ends',
      stock: 'Stock',
      availability: 'In stock?',
      backorders: 'Backorders allowed?',
      published: 'Published',
      url: 'External URL',
      image: 'Images',
      brand: 'Brands; Brand',
    },
    categories: { between: ',', within: '>' },
    parent: 'Parent',
  },
  {
    name: 'Shopify’s API',
    signatures: ['inventory_quantity; product_type', 'inventory_policy; product_type'],
    ids: 'sku; id; barcode; handle; title',
    columns: {
      name: 'title',
      category: 'product_type',
      price: 'price',
      stock: 'inventory_quantity',
      tracked: 'inventory_management',
      backorders: 'inventory_policy',
      published: 'status',
      url: 'handle',
      image: 'image.src',
      brand: 'vendor',
    },
    blankIsUntracked: true,
    path: '/products/',
  },
  {
    name: 'WooCommerce’s API',
    signatures: ['regular_price; stock_status'],
    ids: 'sku; id; slug; name',
    columns: {
      name: 'name',
      price: 'price; regular_price',
      salePrice: 'sale_price',
      onSale: 'on_sale',
      stock: 'stock_quantity',
      availability: 'stock_status',
      backorders: 'backorders',
      tracked: 'manage_stock',
      published: 'status',
      url: 'permalink',
    },
  },
  {
    name: 'Magento',
    signatures: ['sku; product_online', 'sku; is_in_stock; qty', 'sku; attribute_set_code', 'sku; _attribute_set'],
    ids: 'sku; entity_id; product_id; url_key; name',
    columns: {
      name: 'name',
      category: 'categories; _category',
      price: 'price',
      salePrice: 'special_price',
      saleFrom: 'special_price_from_date; special_from_date',
      saleUntil: 'special_price_to_date; special_to_date',
      stock: 'qty',
      availability: 'is_in_stock',
      backorders: 'allow_backorders; backorders',
      tracked: 'manage_stock',
      published: 'product_online; status',
      brand: 'manufacturer; brand',
    },
    categories: { between: ',', within: '/', root: 'Default Category' },
    carriedBy: 'sku',
    off: '2',
  },
  {
    name: 'PrestaShop',
    signatures: [
      'Product ID; Reference; Price (tax excl.)',
      'Product ID; Reference; Price (tax incl.)',
      'Active (0/1); Reference #',
      'Active (0/1); Categories (x,y,z...)',
      'id_product; reference',
    ],
    ids: 'Reference; Reference #; Product ID; ID; id_product; EAN13; Name; Name *',
    columns: {
      name: 'Name; Name *',
      category: 'Category; Categories (x,y,z...); Categories',
      price:
        'Final price; Price (tax incl.); Price tax included; Price (tax excl.); Price tax excluded; Price tax excl.; price',
      stock: 'Quantity',
      backorders: 'Out of stock; Action when out of stock; Allow orders when out of stock',
      published: 'Status; Active (0/1); Active; Enabled; Available for order (0 = No, 1 = Yes)',
      url: 'Product URL; Link',
      image: 'Image URLs (x,y,z...); Image URL',
      brand: 'Manufacturer; Brand',
    },
    categories: { between: ',', within: '>', root: 'Home' },
  },
  {
    name: 'BigCommerce',
    signatures: [
      'Item Type; Product ID; Product Name',
      'Product Code/SKU; Current Stock Level',
      'Item; Inventory Tracking; Current Stock',
      'Inventory Tracking; Is Visible',
    ],
    ids: 'Product Code/SKU; SKU; Product ID; ID; Product UPC/EAN; Product Name; Name',
    columns: {
      name: 'Product Name; Name',
      category: 'Category; Categories; Category Details',
      price: 'Price',
      salePrice: 'Sale Price',
      stock: 'Current Stock Level; Current Stock',
      tracked: 'Track Inventory; Inventory Tracking',
      published: 'Product Visible?; Product Visible; Is Visible; Allow Purchases?',
      url: 'Product URL',
      image: 'Product Image URL - 1; Image URL (Import); Internal Image URL (Export)',
      brand: 'Brand Name; Brand',
    },
    categories: { between: ';', within: '/' },
    carriedBy: 'Product Name; Name',
    kinds: { column: 'Item; Item Type', others: ['image', 'video', 'rule'] },
  },
  {
    name: 'Squarespace',
    signatures: ['Product ID [Non Editable]; Variant ID [Non Editable]', 'Product URL; Hosted Image URLs'],
    ids: 'SKU; Variant ID [Non Editable]; Product ID [Non Editable]; Product URL; Title',
    columns: {
      name: 'Title',
      category: 'Categories',
      price: 'Price',
      salePrice: 'Sale Price',
      onSale: 'On Sale',
      stock: 'Stock',
      published: 'Visible',
      image: 'Hosted Image URLs',
    },
    categories: { between: ',', within: '/' },
    carriedBy: 'Title',
    itemColumns: 'SKU; Price; Variant ID [Non Editable]',
  },
  {
    name: 'Square',
    signatures: ['Token; Item Name; Variation Name', 'Reference Handle; Item Name', 'Item ID; Item Name; Variation ID'],
    ids: 'SKU; Token; Variation ID; Reference Handle; GTIN; Item ID; Item Name',
    columns: {
      name: 'Item Name; Customer-facing Name',
      category: 'Categories; Category; Reporting Category',
      price: 'Price; Online Sale Price',
      stock: 'Current Quantity *',
      published: 'Sellable',
      withdrawn: 'Archived',
    },
    categories: { between: ',', within: '>' },
  },
  {
    name: 'Google Merchant',
    signatures: ['id; title; availability', 'id; image_link; price', 'id; link; availability', 'id; image_link; link'],
    ids: 'id; item_group_id; mpn; gtin; title',
    columns: {
      name: 'title',
      category: 'product_type; google_product_category',
      price: 'price',
      salePrice: 'sale_price',
      saleFrom: 'sale_price_effective_date',
      saleUntil: 'sale_price_effective_date',
      stock: 'quantity_to_sell_on_facebook; quantity; inventory',
      availability: 'availability',
      published: 'status; visibility',
      url: 'link; mobile_link; canonical_link',
      image: 'image_link',
      brand: 'brand',
    },
    categories: { between: '|', within: '>' },
  },
];

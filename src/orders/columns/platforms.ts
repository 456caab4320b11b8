import { plainName } from './names.ts';
import type { Role } from './roles.ts';

/** What an export of a shop platform, or a public data set, looks like. */
export interface Platform {
  readonly name: string;
  /** Header names that occur together in no other table; if all names of one of them are there, it is this one. */
  readonly signatures: readonly string[];
  /** The columns of a role, preferred first; an empty text if none of the export's columns has this role. */
  readonly columns: Partial<Record<Role, string>>;
  /** `'one'` if each record is one item, so that there is no column for it. */
  readonly quantity?: 'one';
}

/** Names are compared without case, accents, blanks and punctuation. The first row that matches counts. */
export const platforms: readonly Platform[] = [
  {
    name: 'Squarespace',
    signatures: ['Order ID; Lineitem name; Lineitem quantity', 'Order ID; Lineitem sku; Lineitem variant'],
    columns: {
      customer: 'Email; Billing Phone; Billing Name',
      product: 'Lineitem sku; Lineitem name',
      quantity: 'Lineitem quantity',
      order: 'Order ID',
      time: 'Created at; Paid at',
      price: 'Lineitem price',
      name: 'Lineitem name',
      category: '',
      status: 'Financial Status',
    },
  },
  {
    name: 'Shopify',
    signatures: [
      'Name; Lineitem name; Lineitem quantity',
      'Name; Lineitem sku; Lineitem quantity',
      'Email; Lineitem name; Financial Status',
      'Email; Lineitem sku; Financial Status',
    ],
    columns: {
      customer: 'Email; Phone; Billing Phone; Billing Name',
      product: 'Lineitem sku; Lineitem name',
      quantity: 'Lineitem quantity',
      order: 'Name; Id',
      time: 'Created at; Paid at',
      price: 'Lineitem price',
      name: 'Lineitem name',
      category: '',
      status: 'Financial Status',
    },
  },
  {
    name: 'Shopify’s order API',
    signatures: ['line_items.sku; financial_status', 'line_items.title; financial_status'],
    columns: {
      customer: 'customer.id; customer.email; email; contact_email; phone',
      product: 'line_items.sku; line_items.variant_id; line_items.product_id; line_items.title; line_items.name',
      quantity: 'line_items.quantity',
      order: 'name; order_number; id',
      time: 'created_at; processed_at',
      price: 'line_items.price',
      name: 'line_items.title; line_items.name',
      status: 'financial_status',
    },
  },
  {
    name: 'Matrixify',
    signatures: ['Line: Type; Line: Quantity', 'Line: SKU; Line: Quantity', 'Line: Title; Line: Quantity'],
    columns: {
      customer: 'Customer: ID; Customer: Email; Email; Customer: Phone; Phone',
      product: 'Line: SKU; Line: Variant ID; Line: Product ID; Line: Name; Line: Title',
      quantity: 'Line: Quantity',
      order: 'Name; ID; Number',
      time: 'Processed At; Created At',
      price: 'Line: Price',
      name: 'Line: Name; Line: Title',
      category: 'Line: Product Type',
      status: 'Line: Type; Payment: Status',
    },
  },
  {
    name: 'WooCommerce Advanced Order Export',
    signatures: ['Quantity (- Refund)', 'Item #; Item Name; Order Number', 'Email (Billing); Item Name'],
    columns: {
      customer: 'Email (Billing); Billing Email; Customer User ID; User ID; Phone (Billing); Full Name (Billing)',
      product: 'SKU; Item SKU; Product ID; Item Name; Product Name; Name',
      quantity: 'Quantity (- Refund); Quantity',
      order: 'Order Number; Order ID',
      time: 'Order Date; Paid Date; Completed Date',
      price: 'Item Cost; Item Cost (inc. tax); Product Current Price',
      name: 'Item Name; Product Name; Name',
      category: 'Category',
      status: 'Order Status',
    },
  },
  {
    name: 'WooCommerce Customer/Order CSV Export',
    signatures: ['item_sku; item_quantity', 'item_name; item_quantity', 'item_product_id; item_quantity'],
    columns: {
      customer: 'billing_email; customer_id; customer_user; billing_phone',
      product: 'item_sku; item_product_id; item_name',
      quantity: 'item_quantity',
      order: 'order_id; order_number; order_number_formatted',
      time: 'order_date; date; paid_date; completed_date',
      price: 'item_price',
      name: 'item_name',
      refunded: 'item_refunded_qty',
      status: 'status; order_status',
    },
  },
  {
    // One record per order, with the items in one cell.
    name: 'WooCommerce Customer/Order CSV Export',
    signatures: ['line_items; billing_email', 'line_items; customer_id; order_number'],
    columns: {
      customer: 'billing_email; customer_id; customer_user; billing_phone',
      order: 'order_id; order_number; order_number_formatted',
      time: 'order_date; date; paid_date; completed_date',
      status: 'status; order_status',
    },
  },
  {
    name: 'WooCommerce Analytics',
    signatures: ['Order #; Product(s); Items sold', 'Order #; Customer type; Items sold'],
    columns: {
      customer: 'Customer',
      product: 'Product(s).product',
      // `Items sold` counts those of the order.
      quantity: 'Product(s).quantity',
      order: 'Order #',
      time: 'Date',
      status: 'Status',
    },
  },
  {
    name: 'WooCommerce’s order API',
    signatures: [
      'line_items.sku; billing.email',
      'line_items.product_id; billing.email',
      'line_items.name; customer_id',
    ],
    columns: {
      customer: 'billing.email; customer_id',
      product: 'line_items.sku; line_items.variation_id; line_items.product_id; line_items.name',
      quantity: 'line_items.quantity',
      order: 'id; number; order_key',
      time: 'date_created_gmt; date_created; date_paid',
      price: 'line_items.price',
      name: 'line_items.name',
      status: 'status',
    },
  },
  {
    name: 'Magento',
    signatures: [
      'qty_ordered; parent_item_id',
      'qty_ordered; product_type',
      'qty_ordered; qty_refunded',
      'increment_id; qty_ordered',
    ],
    columns: {
      customer: 'customer_id; customer_email',
      product: 'sku; product_id; name',
      quantity: 'qty_ordered; qty_invoiced',
      order: 'increment_id; order_increment_id; order_id',
      time: 'created_at',
      price: 'price; base_price; original_price',
      name: 'name',
      // The product_type of Magento says how the item is put together.
      category: 'category_name_1; category',
      refunded: 'qty_refunded',
      status: 'order_status; status; state',
    },
  },
  {
    name: 'PrestaShop',
    signatures: ['id_order; product_quantity', 'id_order_detail; product_id', 'product_reference; product_quantity'],
    columns: {
      customer: 'id_customer; email; customer_email; customer',
      product: 'product_id; product_reference; product_name',
      quantity: 'product_quantity',
      order: 'id_order; order_reference; reference',
      time: 'date_add; invoice_date; date_upd',
      price: 'unit_price_tax_incl; product_price; unit_price_tax_excl',
      name: 'product_name',
      refunded: 'product_quantity_refunded; product_quantity_return',
      status: 'order_state; current_state; state_name',
    },
  },
  {
    name: 'BigCommerce',
    signatures: [
      'Order ID; Product Qty; Product SKU',
      'Order ID; Customer Email; Product Details',
      'Product Qty; Product Name',
    ],
    columns: {
      customer: 'Customer Email; Customer ID; Billing Email; Customer Phone; Customer Name',
      product: 'Product SKU; Product ID; Product Name',
      // `Total Quantity` is that of the order.
      quantity: 'Product Qty; Product Quantity',
      order: 'Order ID',
      time: 'Order Date',
      clock: 'Order Time',
      price: 'Product Unit Price',
      name: 'Product Name',
      status: 'Order Status',
    },
  },
  {
    // Unconfirmed: the names are those that the help pages show; only `Quantity refunded` was found in an export.
    name: 'Wix',
    signatures: ['Order number; Contact email; Qty', 'Order number; Quantity refunded', 'Total order quantity; Qty'],
    columns: {
      customer: 'Contact email; Billing email; Billing phone; Billing name; Recipient name',
      product: 'SKU; Item',
      quantity: 'Qty; Quantity',
      order: 'Order number',
      time: 'Date created; Date',
      clock: 'Time',
      price: 'Price',
      name: 'Item',
      refunded: 'Quantity refunded',
      status: 'Payment status',
    },
  },
  {
    name: 'Etsy',
    signatures: [
      'Transaction ID; Listing ID; Order ID',
      'Buyer; Listing ID; Order ID',
      'Listings Type; InPerson Discount',
    ],
    columns: {
      customer: 'Buyer User ID; Buyer; Ship Name',
      product: 'SKU; Listing ID; Item Name',
      quantity: 'Quantity',
      order: 'Order ID',
      time: 'Sale Date; Date Paid',
      price: 'Price',
      name: 'Item Name',
      category: '',
    },
  },
  {
    name: 'eBay',
    signatures: [
      'Sales Record Number; Item Title',
      'Buyer Username; Item Number; Item Title',
      'Custom Label; Sold For; Quantity',
    ],
    columns: {
      customer: 'Buyer Username; User ID; Buyer Email; Buyer Name',
      product: 'Custom Label; Custom Label (SKU); Item Number; Item Title',
      quantity: 'Quantity',
      order: 'Order Number; Sales Record Number',
      time: 'Sale Date; Paid On Date',
      price: 'Sold For; Sale Price',
      name: 'Item Title',
    },
  },
  {
    name: 'Amazon',
    signatures: ['amazon-order-id; purchase-date', 'amazon-order-id; sku', 'amazon-order-id; asin'],
    columns: {
      customer: 'buyer-email; buyer-name; buyer-phone-number',
      product: 'sku; asin; product-name',
      quantity: 'quantity; quantity-purchased; quantity-shipped',
      order: 'amazon-order-id; merchant-order-id',
      time: 'purchase-date; payments-date',
      price: 'item-price',
      name: 'product-name',
      status: 'order-status; item-status',
    },
  },
  {
    name: 'Square',
    signatures: [
      'Price Point Name; Transaction ID',
      'Modifiers Applied; Item; Qty',
      'Item; Qty; Gross Sales; Transaction ID',
    ],
    columns: {
      customer: 'Customer ID; Customer Reference ID; Customer Name',
      product: 'SKU; GTIN; Item',
      quantity: 'Qty',
      order: 'Transaction ID; Payment ID',
      time: 'Date',
      clock: 'Time',
      // Gross and net sales are those of all pieces of a line.
      price: '',
      name: 'Item',
      category: 'Category',
      status: 'Event Type',
    },
  },
  {
    name: 'Lightspeed X-Series',
    signatures: [
      'Receipt Number; Line Type; Details',
      'Receipt Number; Customer Code; Sku',
      'Line Type; AccountCodeSale',
    ],
    columns: {
      customer: 'Customer Code; Customer Name',
      product: 'Sku; Details',
      quantity: 'Quantity',
      order: 'Receipt Number',
      time: 'Date; Sale Date',
      price: '',
      name: 'Details',
      status: 'Line Type; Status',
    },
  },
  {
    // Unconfirmed: the names are those of the listing of sale lines on screen.
    name: 'Lightspeed R-Series',
    signatures: ['Sale ID; Item; Employee; Qty', 'Sale ID; Description; Employee; Quantity'],
    columns: {
      customer: 'Customer ID; Customer',
      product: 'System ID; Custom SKU; UPC; Item ID; Item; Description',
      quantity: 'Qty; Quantity',
      order: 'Sale ID',
      time: 'Completed Time; Sale Date; Date',
      price: 'Retail; Price',
      name: 'Item; Description',
      category: 'Category',
    },
  },
  {
    name: 'Instacart',
    signatures: ['add_to_cart_order; reordered', 'order_number; order_dow; days_since_prior_order'],
    quantity: 'one',
    columns: {
      customer: 'user_id',
      product: 'product_id; product_name',
      order: 'order_id',
      // The day of the week and the hour are no time.
      time: '',
      clock: '',
      name: 'product_name',
      category: 'department; aisle; department_id; aisle_id',
      sequence: 'order_number',
    },
  },
  {
    name: 'Olist',
    signatures: [
      'order_item_id; seller_id',
      'order_purchase_timestamp; order_status',
      'customer_unique_id; customer_zip_code_prefix',
    ],
    quantity: 'one',
    columns: {
      customer: 'customer_unique_id; customer_id',
      product: 'product_id',
      order: 'order_id',
      time: 'order_purchase_timestamp; order_approved_at',
      price: 'price',
      category: 'product_category_name_english; product_category_name',
      status: 'order_status',
    },
  },
  {
    name: 'Dunnhumby',
    signatures: ['household_key; BASKET_ID', 'household_id; basket_id; sales_value', 'SHOP_WEEK; PROD_CODE; CUST_CODE'],
    columns: {
      customer: 'household_key; household_id; CUST_CODE',
      product: 'PRODUCT_ID; PROD_CODE',
      quantity: 'QUANTITY',
      order: 'BASKET_ID',
      // A day counted from the first one, and hours and minutes without a colon, are no time.
      time: 'transaction_timestamp; SHOP_DATE',
      clock: '',
      price: '',
      name: '',
      category: 'COMMODITY_DESC; product_category; DEPARTMENT; PROD_CODE_20',
      sequence: 'DAY; WEEK_NO; week',
    },
  },
  {
    name: 'Ta-Feng',
    signatures: [
      'TRANSACTION_DT; PRODUCT_SUBCLASS',
      'CUSTOMER_ID; PRODUCT_SUBCLASS; AMOUNT',
      'Customer ID; Product Subclass; Asset',
    ],
    columns: {
      customer: 'CUSTOMER_ID',
      product: 'PRODUCT_ID',
      // The number of pieces; ASSET and SALES_PRICE are sums of money.
      quantity: 'AMOUNT',
      time: 'TRANSACTION_DT; Transaction date; Transaction date and time; Date',
      price: '',
      category: 'PRODUCT_SUBCLASS',
    },
  },
  {
    name: 'H&M',
    signatures: ['t_dat; article_id', 'article_id; sales_channel_id'],
    quantity: 'one',
    columns: {
      customer: 'customer_id',
      product: 'article_id',
      time: 't_dat',
      price: 'price',
      name: 'prod_name',
      category: 'product_type_name; product_group_name',
    },
  },
  {
    name: 'RetailRocket',
    signatures: ['visitorid; event; itemid', 'visitorid; itemid; transactionid'],
    quantity: 'one',
    columns: {
      customer: 'visitorid',
      product: 'itemid',
      order: 'transactionid',
      time: 'timestamp',
      status: 'event',
    },
  },
  {
    name: 'REES46',
    signatures: [
      'event_time; category_code; brand',
      'event_type; product_id; user_session',
      'event_time; event_type; product_id',
    ],
    quantity: 'one',
    columns: {
      customer: 'user_id',
      product: 'product_id',
      order: 'order_id; user_session',
      time: 'event_time',
      price: 'price',
      category: 'category_code; category_id',
      status: 'event_type',
    },
  },
  {
    name: 'Online Retail',
    signatures: ['InvoiceNo; StockCode', 'Invoice; StockCode'],
    columns: {
      customer: 'Customer ID',
      product: 'StockCode',
      quantity: 'Quantity',
      order: 'InvoiceNo; Invoice',
      time: 'InvoiceDate',
      price: 'UnitPrice; Price',
      name: 'Description',
    },
  },
  {
    // Kaggle's Groceries.
    name: 'Groceries',
    signatures: ['Member_number; itemDescription'],
    quantity: 'one',
    columns: { customer: 'Member_number', product: 'itemDescription', time: 'Date' },
  },
  {
    // Kaggle's Superstore: `Sales` are those of all pieces of a line, `Row ID` is a running number.
    name: 'Superstore',
    signatures: ['Row ID; Order ID; Sub-Category', 'Product ID; Sub-Category; Sales; Quantity'],
    columns: {
      customer: 'Customer ID; Customer Name',
      product: 'Product ID; Product Name',
      quantity: 'Quantity',
      order: 'Order ID',
      time: 'Order Date',
      price: '',
      name: 'Product Name',
      category: 'Sub-Category; Category',
    },
  },
  {
    // Kaggle's market basket analysis.
    name: 'Market basket',
    signatures: ['BillNo; Itemname'],
    columns: {
      customer: 'CustomerID',
      product: 'Itemname',
      quantity: 'Quantity',
      order: 'BillNo',
      time: 'Date',
      price: 'Price',
    },
  },
];

/** The names in the platform's row, split and plain. */
export function columnNames(text: string): string[] {
  return text
    .split('; ')
    .map(plainName)
    .filter((name) => name !== '');
}

const signatures = platforms.map((platform) => ({ platform, alternatives: platform.signatures.map(columnNames) }));

/** The platform whose export has such a header; `names` are plain. */
export function recognizePlatform(names: ReadonlySet<string>): Platform | undefined {
  const matches = (signature: readonly string[]) => signature.every((name) => names.has(name));
  return signatures.find(({ alternatives }) => alternatives.some(matches))?.platform;
}

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { chooseColumns } from '../../../src/orders/columns/choose.ts';
import { columnNames, platforms } from '../../../src/orders/columns/platforms.ts';
import { lookAt, rolesIn } from './looks.ts';

const test = suite('exports of platforms');

/** What is recognized in an export, and whose it is. */
function recognized(name: string, text: string, expected: Record<string, string>): void {
  test(name, () => {
    const { decisions } = chooseColumns(lookAt(text), {});
    assert.is(decisions.platform?.value, name);
    assert.equal(rolesIn(text), expected);
  });
}

recognized(
  'Shopify',
  `Name|Email|Financial Status|Paid at|Total|Created at|Lineitem quantity|Lineitem name|Lineitem price|Lineitem compare at price|Lineitem sku|Billing Name|Vendor|Id|Receipt Number
   #11|a@x.org|paid|2025-01-02 10:00:00 +0100|31.00|2025-01-02 09:59:00 +0100|2|Green tea|9.50||T-1|Ann|Own|501|
   #11|||||2025-01-02 09:59:00 +0100|1|Cup|12.00||C-1|||501|
   #12|b@x.org|refunded|2025-01-03 10:00:00 +0100|9.50|2025-01-03 09:59:00 +0100|1|Green tea|9.50||T-1|Ben|Own|502|
   #13|a@x.org|paid|2025-01-04 10:00:00 +0100|12.00|2025-01-04 09:59:00 +0100|1|Cup|12.00||C-1|Ann|Own|503|`,
  {
    customer: 'Email',
    product: 'Lineitem sku',
    quantity: 'Lineitem quantity',
    order: 'Name',
    time: 'Created at',
    price: 'Lineitem price',
    name: 'Lineitem name',
    status: 'Financial Status',
  },
);

recognized(
  'Squarespace',
  `Order ID|Email|Financial Status|Paid at|Total|Created at|Lineitem quantity|Lineitem name|Lineitem price|Lineitem sku|Lineitem variant|Billing Name
   00011|a@x.org|PAID|2025-01-02 10:00:00 -0500|31.00|2025-01-02 09:59:00 -0500|2|Green tea|9.50|SQ1|100 g|Ann
   00011||||||1|Cup|12.00|SQ2||
   00012|b@x.org|PAID|2025-01-03 10:00:00 -0500|9.50|2025-01-03 09:59:00 -0500|1|Green tea|9.50|SQ1|100 g|Ben
   00013|c@x.org|PAID|2025-01-04 10:00:00 -0500|9.50|2025-01-04 09:59:00 -0500|1|Green tea|9.50|SQ1|100 g|Cyd`,
  {
    customer: 'Email',
    product: 'Lineitem sku',
    quantity: 'Lineitem quantity',
    order: 'Order ID',
    time: 'Created at',
    price: 'Lineitem price',
    name: 'Lineitem name',
    status: 'Financial Status',
  },
);

recognized(
  'Matrixify',
  `ID|Name|Number|Processed At|Payment: Status|Customer: ID|Customer: Email|Line: Type|Line: Product ID|Line: Title|Line: Name|Line: SKU|Line: Quantity|Line: Price
   5|#11|11|2025-01-02 09:59:00 +0100|paid|71|a@x.org|Line Item|901|Tea|Tea - 100 g|T-1|2|9.50
   5|#11|11|2025-01-02 09:59:00 +0100|paid|71|a@x.org|Shipping Line||Parcel|||1|4.90
   6|#12|12|2025-01-03 09:59:00 +0100|paid|72|b@x.org|Line Item|902|Cup|Cup|C-1|1|12.00
   7|#13|13|2025-01-04 09:59:00 +0100|paid|71|a@x.org|Line Item|901|Tea|Tea - 100 g|T-1|1|9.50`,
  {
    customer: 'Customer: ID',
    product: 'Line: SKU',
    quantity: 'Line: Quantity',
    order: 'Name',
    time: 'Processed At',
    price: 'Line: Price',
    name: 'Line: Name',
    status: 'Line: Type',
  },
);

recognized(
  'WooCommerce Advanced Order Export',
  `Order Number|Order Status|Order Date|First Name (Billing)|Email (Billing)|Order Total Amount|Item #|Item Name|Quantity (- Refund)|Item Cost
   11|Completed|2025-01-02 09:59|Ann|a@x.org|31.00|1|Green tea|2|9.50
   11|Completed|2025-01-02 09:59|Ann|a@x.org|31.00|2|Cup|1|12.00
   12|Completed|2025-01-03 09:59|Ben|b@x.org|21.50|1|Green tea|1|9.50
   12|Completed|2025-01-03 09:59|Ben|b@x.org|21.50|2|Cup|1|12.00
   13|Completed|2025-01-04 09:59|Cyd|c@x.org|21.50|1|Green tea|1|9.50
   13|Completed|2025-01-04 09:59|Cyd|c@x.org|21.50|2|Cup|1|12.00`,
  {
    customer: 'Email (Billing)',
    product: 'Item Name',
    quantity: 'Quantity (- Refund)',
    order: 'Order Number',
    time: 'Order Date',
    price: 'Item Cost',
    status: 'Order Status',
  },
);

recognized(
  'WooCommerce Customer/Order CSV Export',
  `order_id|order_number|date|status|customer_id|billing_email|item_id|item_product_id|item_name|item_sku|item_quantity|item_total|item_refunded_qty
   11|11|2025-01-02 09:59:00|completed|0|a@x.org|1|31|Green tea|T-1|2|19.00|0
   11|11|2025-01-02 09:59:00|completed|0|a@x.org|2|32|Cup|C-1|1|12.00|0
   12|12|2025-01-03 09:59:00|completed|7|b@x.org|3|31|Green tea|T-1|1|9.50|0
   13|13|2025-01-04 09:59:00|processing|0|c@x.org|4|31|Green tea|T-1|1|9.50|1`,
  {
    customer: 'billing_email',
    product: 'item_sku',
    quantity: 'item_quantity',
    order: 'order_id',
    time: 'date',
    name: 'item_name',
    refunded: 'item_refunded_qty',
    status: 'status',
  },
);

recognized(
  'Magento',
  `item_id|order_id|parent_item_id|increment_id|created_at|customer_email|product_id|product_type|sku|name|qty_ordered|qty_refunded|price
   100|5||1001|2025-01-02 09:59:00|a@x.org|31|configurable|T-1|Green tea|2.0000|0.0000|9.5000
   101|5|100|1001|2025-01-02 09:59:00|a@x.org|41|simple|T-1|Green tea|2.0000|0.0000|0.0000
   102|6||1002|2025-01-03 09:59:00|b@x.org|32|simple|C-1|Cup|1.0000|0.0000|12.0000
   103|7||1003|2025-01-04 09:59:00|a@x.org|32|simple|C-1|Cup|1.0000|1.0000|12.0000`,
  {
    customer: 'customer_email',
    product: 'sku',
    quantity: 'qty_ordered',
    order: 'increment_id',
    time: 'created_at',
    price: 'price',
    name: 'name',
    refunded: 'qty_refunded',
  },
);

recognized(
  'PrestaShop',
  `id_order|reference|id_customer|date_add|current_state|id_order_detail|product_id|product_reference|product_name|product_quantity|product_quantity_refunded|unit_price_tax_incl
   11|XKBKNABJK|71|2025-01-02 09:59:00|5|1|31|T-1|Green tea|2|0|9.500000
   11|XKBKNABJK|71|2025-01-02 09:59:00|5|2|32|C-1|Cup|1|0|12.000000
   12|OHSATSERP|72|2025-01-03 09:59:00|5|3|31|T-1|Green tea|1|0|9.500000
   13|UOYEVOLI|71|2025-01-04 09:59:00|6|4|31|T-1|Green tea|1|0|9.500000`,
  {
    customer: 'id_customer',
    product: 'product_id',
    quantity: 'product_quantity',
    order: 'id_order',
    time: 'date_add',
    price: 'unit_price_tax_incl',
    name: 'product_name',
    refunded: 'product_quantity_refunded',
    status: 'current_state',
  },
);

recognized(
  'BigCommerce',
  `Order ID|Customer ID|Customer Email|Order Date|Order Time|Order Status|Total Quantity|Product ID|Product SKU|Product Name|Product Qty|Product Unit Price
   11|71|a@x.org|01/02/2025|09:59:00|Completed|3|31|T-1|Green tea|2|9.50
   11|71|a@x.org|01/02/2025|09:59:00|Completed|3|32|C-1|Cup|1|12.00
   12|72|b@x.org|01/03/2025|10:59:00|Completed|1|31|T-1|Green tea|1|9.50
   13|73|c@x.org|01/04/2025|11:59:00|Shipped|1|31|T-1|Green tea|1|9.50`,
  {
    customer: 'Customer Email',
    product: 'Product SKU',
    quantity: 'Product Qty',
    order: 'Order ID',
    time: 'Order Date',
    clock: 'Order Time',
    price: 'Product Unit Price',
    name: 'Product Name',
    status: 'Order Status',
  },
);

recognized(
  'Wix',
  `Order number|Date created|Time|Total order quantity|Contact email|Item|Variant|SKU|Qty|Quantity refunded|Price|Payment status|Total
   11|Jan 2, 2025|9:59 AM|3|a@x.org|Green tea|100 g|T-1|2|0|9.50|Paid|31.00
   11|Jan 2, 2025|9:59 AM|3|a@x.org|Cup||C-1|1|0|12.00|Paid|31.00
   12|Jan 3, 2025|10:59 AM|1|b@x.org|Green tea|100 g|T-1|1|0|9.50|Paid|9.50
   13|Jan 4, 2025|11:59 AM|1|c@x.org|Green tea|100 g|T-1|1|1|9.50|Refunded|9.50`,
  {
    customer: 'Contact email',
    product: 'SKU',
    quantity: 'Qty',
    order: 'Order number',
    time: 'Date created',
    clock: 'Time',
    price: 'Price',
    name: 'Item',
    refunded: 'Quantity refunded',
    status: 'Payment status',
  },
);

recognized(
  'Etsy',
  `Sale Date|Item Name|Buyer|Quantity|Price|Item Total|Transaction ID|Listing ID|Order ID|Variations|SKU
   01/02/25|Green tea|ann1|2|9.50|19.00|3001|901|511||
   01/02/25|Cup|ann1|1|12.00|12.00|3002|902|511||
   01/03/25|Green tea|ben2|1|9.50|9.50|3003|901|512||
   01/04/25|Green tea|cyd3|1|9.50|9.50|3004|901|513||`,
  {
    customer: 'Buyer',
    product: 'Listing ID',
    quantity: 'Quantity',
    order: 'Order ID',
    time: 'Sale Date',
    price: 'Price',
    name: 'Item Name',
  },
);

recognized(
  'eBay',
  `Sales Record Number|Order Number|Buyer Username|Buyer Email|Item Number|Item Title|Custom Label|Quantity|Sold For|Total Price|Sale Date|Paid On Date
   101|12-1-1|ann1|a@x.org|2751|Green tea|T-1|2|$9.50|$19.00|Jan-02-25|Jan-02-25
   102|12-1-2|ben2|b@x.org|2752|Cup|C-1|1|$12.00|$12.00|Jan-03-25|Jan-03-25
   103|12-1-3|cyd3|c@x.org|2751|Green tea|T-1|1|$9.50|$9.50|Jan-04-25|Jan-04-25
   104|12-1-4|ann1|a@x.org|2752|Cup|C-1|1|$12.00|$12.00|Jan-05-25|Jan-05-25`,
  {
    customer: 'Buyer Username',
    product: 'Custom Label',
    quantity: 'Quantity',
    order: 'Order Number',
    time: 'Sale Date',
    price: 'Sold For',
    name: 'Item Title',
  },
);

recognized(
  'Amazon',
  `amazon-order-id|merchant-order-id|purchase-date|last-updated-date|order-status|sales-channel|product-name|sku|asin|item-status|quantity|currency|item-price|buyer-email
   304-1|304-1|2025-01-02T09:59:00+00:00|2025-01-03T09:59:00+00:00|Shipped|Amazon.de|Green tea|T-1|B01|Shipped|2|EUR|19.0|a@marketplace.amazon.de
   304-1|304-1|2025-01-02T09:59:00+00:00|2025-01-03T09:59:00+00:00|Shipped|Amazon.de|Cup|C-1|B02|Shipped|1|EUR|12.0|a@marketplace.amazon.de
   304-2|304-2|2025-01-03T09:59:00+00:00|2025-01-03T09:59:00+00:00|Cancelled|Amazon.de|Green tea|T-1|B01|Cancelled|0|EUR||b@marketplace.amazon.de
   304-3|304-3|2025-01-04T09:59:00+00:00|2025-01-05T09:59:00+00:00|Shipped|Amazon.de|Green tea|T-1|B01|Shipped|1|EUR|9.5|c@marketplace.amazon.de`,
  {
    customer: 'buyer-email',
    product: 'sku',
    quantity: 'quantity',
    order: 'amazon-order-id',
    time: 'purchase-date',
    price: 'item-price',
    name: 'product-name',
    status: 'order-status',
  },
);

recognized(
  'Square',
  `Date|Time|Time Zone|Category|Item|Qty|Price Point Name|SKU|Modifiers Applied|Gross Sales|Transaction ID|Payment ID|Event Type|Location|Customer ID|Customer Name|Count
   2025-01-02|09:59:00|Berlin|Tea|Green tea|2.0|Regular|T-1||$19.00|TX1|P1|Payment|Main|CU1|Ann|2
   2025-01-02|09:59:00|Berlin|Cups|Cup|1.0|Regular|C-1||$12.00|TX1|P1|Payment|Main|CU1|Ann|1
   2025-01-03|10:59:00|Berlin|Tea|Green tea|1.0|Regular|T-1||$9.50|TX2|P2|Payment|Main|CU2|Ben|1
   2025-01-04|11:59:00|Berlin|Tea|Green tea|-1.0|Regular|T-1||-$9.50|TX3|P3|Refund|Main|CU2|Ben|-1`,
  {
    customer: 'Customer ID',
    product: 'SKU',
    quantity: 'Qty',
    order: 'Transaction ID',
    time: 'Date',
    clock: 'Time',
    name: 'Item',
    category: 'Category',
    status: 'Event Type',
  },
);

recognized(
  'Lightspeed X-Series',
  `Date|Receipt Number|Line Type|Customer Code|Customer Name|Quantity|Subtotal|Total|Details|Register|User|Status|Sku
   2025-01-02 09:59:00|11|Sale Line|ANN-1|Ann|2|19.00|19.00|Green tea|Main|Bob|CLOSED|T-1
   2025-01-02 09:59:00|11|Sale Line|ANN-1|Ann|1|12.00|12.00|Cup|Main|Bob|CLOSED|C-1
   2025-01-03 09:59:00|12|Sale Line|BEN-1|Ben|1|9.50|9.50|Green tea|Main|Bob|CLOSED|T-1
   2025-01-04 09:59:00|13|Sale Line|ANN-1|Ann|1|9.50|9.50|Green tea|Main|Bob|CLOSED|T-1`,
  {
    customer: 'Customer Code',
    product: 'Sku',
    quantity: 'Quantity',
    order: 'Receipt Number',
    time: 'Date',
    name: 'Details',
    status: 'Line Type',
  },
);

recognized(
  'Lightspeed R-Series',
  `Sale ID|Completed Time|Employee|Customer|Item|Custom SKU|Qty|Retail|Subtotal
   11|2025-01-02T09:59:00|Bob|Ann Lee|Green tea|T-1|2|9.50|19.00
   11|2025-01-02T09:59:00|Bob|Ann Lee|Cup|C-1|1|12.00|12.00
   12|2025-01-03T09:59:00|Bob|Ben Orr|Green tea|T-1|1|9.50|9.50
   13|2025-01-04T09:59:00|Bob|Ann Lee|Green tea|T-1|1|9.50|9.50`,
  {
    customer: 'Customer',
    product: 'Custom SKU',
    quantity: 'Qty',
    order: 'Sale ID',
    time: 'Completed Time',
    price: 'Retail',
    name: 'Item',
  },
);

recognized(
  'Instacart',
  `order_id|user_id|eval_set|order_number|order_dow|order_hour_of_day|days_since_prior_order|product_id|add_to_cart_order|reordered|product_name|department
   901|3|prior|1|2|08||33|1|0|Green tea|drinks
   901|3|prior|1|2|08||34|2|0|Cup|kitchen
   902|3|prior|2|4|10|7.0|33|1|1|Green tea|drinks
   903|5|prior|1|5|12||33|1|0|Green tea|drinks`,
  {
    customer: 'user_id',
    product: 'product_id',
    order: 'order_id',
    name: 'product_name',
    category: 'department',
    sequence: 'order_number',
  },
);

recognized(
  'Olist',
  `order_id|order_item_id|product_id|seller_id|shipping_limit_date|price|freight_value|customer_id|order_status|order_purchase_timestamp|customer_unique_id
   e1|1|p1|s1|2017-09-19 09:45:35|58.90|13.29|k1|delivered|2017-09-13 08:59:02|u1
   e1|2|p2|s1|2017-09-19 09:45:35|8.90|13.29|k1|delivered|2017-09-13 08:59:02|u1
   e2|1|p1|s1|2017-10-19 09:45:35|58.90|13.29|k2|delivered|2017-10-13 08:59:02|u2
   e3|1|p1|s1|2017-11-19 09:45:35|58.90|13.29|k3|canceled|2017-11-13 08:59:02|u1`,
  {
    customer: 'customer_unique_id',
    product: 'product_id',
    order: 'order_id',
    time: 'order_purchase_timestamp',
    price: 'price',
    status: 'order_status',
  },
);

recognized(
  'Dunnhumby',
  `household_key|BASKET_ID|DAY|PRODUCT_ID|QUANTITY|SALES_VALUE|STORE_ID|RETAIL_DISC|TRANS_TIME|WEEK_NO
   2375|26984|1|1004906|1|1.39|364|-0.60|1631|1
   2375|26984|1|1033142|2|0.82|364|0.00|1631|1
   2375|26990|3|1004906|1|1.39|364|0.00|1642|1
   1364|26995|3|1033142|1|0.41|31742|0.00|1520|1`,
  {
    customer: 'household_key',
    product: 'PRODUCT_ID',
    quantity: 'QUANTITY',
    order: 'BASKET_ID',
    sequence: 'DAY',
  },
);

recognized(
  'Ta-Feng',
  `TRANSACTION_DT|CUSTOMER_ID|AGE_GROUP|PIN_CODE|PRODUCT_SUBCLASS|PRODUCT_ID|AMOUNT|ASSET|SALES_PRICE
   11/1/2000|01104905|45-49|115|110411|4710199010372|2|24|30
   11/1/2000|00418683|45-49|115|120107|4710857472535|1|48|46
   11/1/2000|01057331|35-39|115|100407|4710043654103|2|142|166
   11/2/2000|01104905|45-49|115|120107|4710857472535|1|48|46`,
  {
    customer: 'CUSTOMER_ID',
    product: 'PRODUCT_ID',
    quantity: 'AMOUNT',
    time: 'TRANSACTION_DT',
    category: 'PRODUCT_SUBCLASS',
  },
);

recognized(
  'H&M',
  `t_dat|customer_id|article_id|price|sales_channel_id
   2018-09-20|000058a1|0663713001|0.050830508|2
   2018-09-20|000058a1|0541518023|0.030491525|2
   2018-09-20|00007d2d|0505221004|0.015237288|2
   2018-09-21|00007d2d|0663713001|0.050830508|2`,
  { customer: 'customer_id', product: 'article_id', time: 't_dat', price: 'price' },
);

recognized(
  'RetailRocket',
  `timestamp|visitorid|event|itemid|transactionid
   1433221332117|257597|view|355908|
   1433224214164|992329|view|248676|
   1433222276276|599528|transaction|356475|4000
   1433193500981|121688|addtocart|15335|`,
  { customer: 'visitorid', product: 'itemid', order: 'transactionid', time: 'timestamp', status: 'event' },
);

recognized(
  'REES46',
  `event_time|event_type|product_id|category_id|category_code|brand|price|user_id|user_session
   2019-10-01 00:00:00 UTC|view|44600062|2103807459595387724|appliances|shiseido|35.79|541312140|72d76fde
   2019-10-01 00:00:01 UTC|purchase|3900821|2053013552326770905|furniture|aqua|33.20|554748717|9333dfbd
   2019-10-01 00:00:02 UTC|purchase|17200506|2053013559792632471|furniture||543.10|519107250|566511c2
   2019-10-01 00:00:04 UTC|cart|1307067|2053013558920217191|computers|lenovo|251.74|550050854|7c90fc70`,
  {
    customer: 'user_id',
    product: 'product_id',
    order: 'user_session',
    time: 'event_time',
    price: 'price',
    category: 'category_code',
    status: 'event_type',
  },
);

recognized(
  'Online Retail',
  `Invoice|StockCode|Description|Quantity|InvoiceDate|Price|Customer ID|Country
   489434|85048|Glass ball|12|2009-12-01 07:45:00|6.95|13085|United Kingdom
   489434|79323P|Cherry lights|12|2009-12-01 07:45:00|6.75|13085|United Kingdom
   489435|22350|Cat bowl|12|2009-12-01 07:46:00|2.55|13086|United Kingdom
   489436|85048|Glass ball|12|2009-12-01 07:49:00|6.95|13087|United Kingdom`,
  {
    customer: 'Customer ID',
    product: 'StockCode',
    quantity: 'Quantity',
    order: 'Invoice',
    time: 'InvoiceDate',
    price: 'Price',
    name: 'Description',
  },
);

recognized(
  'Superstore',
  `Row ID|Order ID|Order Date|Ship Date|Customer ID|Customer Name|Country|State|Region|Product ID|Category|Sub-Category|Product Name|Sales|Quantity|Discount|Profit
   1|CA-1|11/8/2016|11/11/2016|CG-1|Claire|United States|Kentucky|South|FUR-1|Furniture|Chairs|Chair|261.96|2|0|41.91
   2|CA-1|11/8/2016|11/11/2016|CG-1|Claire|United States|Kentucky|South|FUR-2|Furniture|Bookcases|Case|731.94|3|0|219.58
   3|CA-2|6/12/2016|6/16/2016|DV-1|Darrin|United States|California|West|OFF-1|Office|Labels|Labels|14.62|2|0|6.87
   4|CA-3|6/13/2016|6/16/2016|DV-1|Darrin|United States|California|West|FUR-1|Furniture|Chairs|Chair|130.98|1|0|20.95`,
  {
    customer: 'Customer ID',
    product: 'Product ID',
    quantity: 'Quantity',
    order: 'Order ID',
    time: 'Order Date',
    name: 'Product Name',
    category: 'Sub-Category',
  },
);

recognized(
  'Groceries',
  `Member_number|Date|itemDescription
   1808|21-07-2015|tropical fruit
   2552|05-01-2015|whole milk
   2300|19-09-2015|pip fruit
   1808|22-07-2015|whole milk`,
  { customer: 'Member_number', product: 'itemDescription', time: 'Date' },
);

recognized(
  'Market basket',
  `BillNo|Itemname|Quantity|Date|Price|CustomerID|Country
   536365|White light|6|01.12.2010 08:26|2,55|17850|United Kingdom
   536365|Metal lantern|6|01.12.2010 08:26|3,39|17850|United Kingdom
   536366|Hand warmer|8|01.12.2010 08:28|2,75|17851|United Kingdom
   536367|White light|2|01.12.2010 08:34|2,55|13047|United Kingdom`,
  {
    customer: 'CustomerID',
    product: 'Itemname',
    quantity: 'Quantity',
    order: 'BillNo',
    time: 'Date',
    price: 'Price',
  },
);

recognized(
  'Shopify’s order API',
  `id|email|created_at|financial_status|name|customer.id|line_items.id|line_items.product_id|line_items.sku|line_items.title|line_items.quantity|line_items.price
   501|a@x.org|2025-01-02T09:59:00+01:00|paid|#11|71|1|31|T-1|Tea|2|9.50
   501|a@x.org|2025-01-02T09:59:00+01:00|paid|#11|71|2|32|C-1|Cup|1|12.00
   502|b@x.org|2025-01-03T09:59:00+01:00|paid|#12|72|3|31|T-1|Tea|1|9.50
   503|a@x.org|2025-01-04T09:59:00+01:00|paid|#13|71|4|31|T-1|Tea|1|9.50`,
  {
    customer: 'customer.id',
    product: 'line_items.sku',
    quantity: 'line_items.quantity',
    order: 'name',
    time: 'created_at',
    price: 'line_items.price',
    name: 'line_items.title',
    status: 'financial_status',
  },
);

recognized(
  'WooCommerce’s order API',
  `id|number|status|date_created|customer_id|billing.email|line_items.id|line_items.name|line_items.product_id|line_items.sku|line_items.quantity|line_items.price
   11|11|completed|2025-01-02T09:59:00|0|a@x.org|1|Tea|31|T-1|2|9.5
   11|11|completed|2025-01-02T09:59:00|0|a@x.org|2|Cup|32|C-1|1|12
   12|12|completed|2025-01-03T09:59:00|0|b@x.org|3|Tea|31|T-1|1|9.5
   13|13|failed|2025-01-04T09:59:00|7|c@x.org|4|Tea|31|T-1|1|9.5`,
  {
    customer: 'billing.email',
    product: 'line_items.sku',
    quantity: 'line_items.quantity',
    order: 'id',
    time: 'date_created',
    price: 'line_items.price',
    name: 'line_items.name',
    status: 'status',
  },
);

/** The items of an order in one cell, as they look once they are unpacked: the cell itself is then blank. */
recognized(
  'WooCommerce Analytics',
  `Date|Order #|N. Revenue (formatted)|Status|Customer|Customer type|Product(s)|Items sold|Product(s).product|Product(s).quantity
   2025-01-02 09:59:00|11|€31.00|completed|Ann Lee|new||3|Tea|2
   2025-01-02 09:59:00|11|€31.00|completed|Ann Lee|new||3|Cup|1
   2025-01-03 09:59:00|12|€9.50|completed|Ben Orr|new||1|Tea|1
   2025-01-04 09:59:00|13|€9.50|completed|Ann Lee|returning||1|Tea|1`,
  {
    customer: 'Customer',
    product: 'Product(s).product',
    quantity: 'Product(s).quantity',
    order: 'Order #',
    time: 'Date',
    status: 'Status',
  },
);

recognized(
  'BigCommerce',
  `Order ID|Customer ID|Customer Email|Order Date|Order Status|Total Quantity|Product Details|Product Details.Product ID|Product Details.Product Qty|Product Details.Product SKU|Product Details.Product Name
   11|71|a@x.org|01/02/2025|Completed|3||31|2|T-1|Tea
   11|71|a@x.org|01/02/2025|Completed|3||32|1|C-1|Cup
   12|72|b@x.org|01/03/2025|Completed|1||31|1|T-1|Tea
   13|71|a@x.org|01/04/2025|Shipped|1||31|1|T-1|Tea`,
  {
    customer: 'Customer Email',
    product: 'Product Details.Product SKU',
    quantity: 'Product Details.Product Qty',
    order: 'Order ID',
    time: 'Order Date',
    name: 'Product Details.Product Name',
    status: 'Order Status',
  },
);

recognized(
  'WooCommerce Customer/Order CSV Export',
  `order_id|order_number|order_date|status|customer_id|billing_email|line_items|line_items.name|line_items.sku|line_items.quantity|line_items.total
   11|11|2025-01-02 09:59:00|completed|0|a@x.org||Tea|T-1|2|19.00
   11|11|2025-01-02 09:59:00|completed|0|a@x.org||Cup|C-1|1|12.00
   12|12|2025-01-03 09:59:00|completed|0|b@x.org||Tea|T-1|1|9.50
   13|13|2025-01-04 09:59:00|completed|7|c@x.org||Tea|T-1|1|9.50`,
  {
    customer: 'billing_email',
    product: 'line_items.sku',
    quantity: 'line_items.quantity',
    order: 'order_id',
    time: 'order_date',
    name: 'line_items.name',
    status: 'status',
  },
);

test('a part of an export is recognized, and so is one with columns added', () => {
  const few = `Email|Financial Status|Lineitem name|Lineitem quantity|My notes|Created at
    a@x.org|paid|Tea|1|gift|2025-01-02 10:00:00 +0100
    b@x.org|paid|Cup|1||2025-01-03 10:00:00 +0100
    a@x.org|paid|Cup|1||2025-01-04 10:00:00 +0100
    b@x.org|paid|Tea|1||2025-01-05 10:00:00 +0100`;
  assert.is(chooseColumns(lookAt(few), {}).decisions.platform?.value, 'Shopify');
  assert.equal(rolesIn(few), {
    customer: 'Email',
    product: 'Lineitem name',
    quantity: 'Lineitem quantity',
    time: 'Created at',
    status: 'Financial Status',
  });
});

test('where each record is one piece, it counts as one, and the decision says so', () => {
  const text = `t_dat|customer_id|article_id|price|sales_channel_id
    2018-09-20|a|0663713001|0.05|2
    2018-09-20|b|0541518023|0.03|2`;
  const { columns, decisions } = chooseColumns(lookAt(text), {});
  assert.is(columns[2], -1);
  assert.equal(decisions.quantity, { value: 'one', why: 'every record of H&M is one piece' });
});

test('the table of platforms names every column once per role, and no signature contains another platform’s', () => {
  for (const [index, { name, signatures, columns }] of platforms.entries()) {
    for (const [role, text] of Object.entries(columns)) {
      const names = columnNames(text);
      assert.is(new Set(names).size, names.length, `${name}, ${role}`);
    }
    for (const signature of signatures.map(columnNames)) {
      const earlier = platforms.slice(0, index).find((other) => {
        return other.signatures.some((text) => columnNames(text).every((column) => signature.includes(column)));
      });
      assert.is(earlier, undefined, `${name} is never recognized by ${signature}: ${earlier?.name} comes first`);
    }
  }
});

test.run();

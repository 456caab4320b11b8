/** A small product export of each platform, with the products that a model of its orders would know. */
export interface Export {
  readonly platform: string;
  readonly text: string;
  /** Ids as the orders have them, which some column of the file has. */
  readonly known: readonly string[];
  /** What the file says of them; `undefined` if nothing. */
  readonly fields: Readonly<Record<string, unknown>>;
}

const lines = (...text: string[]) => `${text.join('\n')}\n`;

export const exports: readonly Export[] = [
  {
    platform: 'Shopify',
    text: lines(
      'Handle,Title,Body (HTML),Vendor,Product Category,Type,Tags,Published,Option1 Name,Option1 Value,Variant SKU,Variant Grams,Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy,Variant Fulfillment Service,Variant Price,Variant Compare At Price,Image Src,Image Position,Status',
      'oolong,Oolong,"<p>A tea, from\nAssam</p>",Leaf & Co,Food,Tea,,true,Size,50 g,OO-50,50,shopify,12,deny,manual,4.50,6.00,https://cdn.example/oolong.jpg,1,active',
      'oolong,,,,,,,,,100 g,OO-100,100,shopify,0,deny,manual,8.00,,https://cdn.example/oolong-2.jpg,2,',
      'oolong,,,,,,,,,,,,,,,,,,https://cdn.example/oolong-3.jpg,3,',
      'cup,Cup,,Leaf & Co,,Pots,,true,Title,Default Title,CUP,300,shopify,0,continue,manual,12,,,,active',
      'card,Gift card,,Leaf & Co,,Gifts,,true,Title,10,CARD,0,,,deny,manual,10,,,,active',
      'pot,Pot,,,,Pots,,true,Title,Default Title,POT,300,shopify,5,deny,manual,30,,,,draft',
    ),
    known: ['OO-50', 'OO-100', 'CUP', 'CARD', 'POT'],
    fields: {
      'OO-50': {
        available: true,
        price: 4.5,
        name: 'Oolong',
        category: 'Tea',
        url: '/products/oolong',
        imageUrl: 'https://cdn.example/oolong.jpg',
        attributes: { brand: 'Leaf & Co' },
      },
      'OO-100': {
        available: false,
        price: 8,
        name: 'Oolong',
        category: 'Tea',
        url: '/products/oolong',
        imageUrl: 'https://cdn.example/oolong-2.jpg',
        attributes: { brand: 'Leaf & Co' },
      },
      CUP: {
        available: true,
        price: 12,
        name: 'Cup',
        category: 'Pots',
        url: '/products/cup',
        attributes: { brand: 'Leaf & Co' },
      },
      CARD: {
        available: true,
        price: 10,
        name: 'Gift card',
        category: 'Gifts',
        url: '/products/card',
        attributes: { brand: 'Leaf & Co' },
      },
      POT: { available: false, price: 30, name: 'Pot', category: 'Pots', url: '/products/pot' },
    },
  },
  {
    platform: 'Shopify',
    text: lines(
      'Title,URL handle,Description,Vendor,Type,Published on online store,Status,SKU,Option1 name,Option1 value,Price,Compare-at price,Inventory tracker,Inventory quantity,Continue selling when out of stock,Product image URL',
      'Oolong,oolong,,Leaf,Tea,TRUE,Active,,Size,50 g,4.50,,shopify,0,DENY,https://cdn.example/1.jpg',
      ',oolong,,,,,,,,100 g,8.00,,shopify,3,DENY,',
      'Cup,cup,,Leaf,Pots,FALSE,Active,,Title,Default Title,12,,shopify,9,DENY,',
    ),
    known: ['oolong', 'cup'],
    fields: {
      oolong: {
        available: true,
        price: 4.5,
        name: 'Oolong',
        category: 'Tea',
        url: '/products/oolong',
        imageUrl: 'https://cdn.example/1.jpg',
        attributes: { brand: 'Leaf' },
      },
      cup: {
        available: false,
        price: 12,
        name: 'Cup',
        category: 'Pots',
        url: '/products/cup',
        attributes: { brand: 'Leaf' },
      },
    },
  },
  {
    platform: 'WooCommerce',
    text: lines(
      'ID,Type,SKU,Name,Published,Is featured?,Short description,Date sale price starts,Date sale price ends,Tax status,In stock?,Stock,Backorders allowed?,Sale price,Regular price,Categories,Images,Parent',
      '11,simple,TEA,Oolong,1,0,,,,taxable,1,7,0,3.90,4.50,"Drinks > Tea, Sale","https://shop.example/a.jpg, https://shop.example/b.jpg",',
      '12,simple,CUP,Cup,1,0,,2031-01-01,2031-02-01,taxable,1,,0,9,12,Pots,,',
      '13,simple,POT,Pot,1,0,,,,taxable,0,0,0,,30,"Pots\\, pans",,',
      '14,simple,JAR,Jar,-1,0,,,,taxable,1,3,0,,5,Pots,,',
      '15,simple,BOX,Box,1,0,,,,taxable,backorder,-2,notify,,5,Pots,,',
      '20,variable,SHIRT,Shirt,1,0,,,,taxable,1,,0,,,Clothing,https://shop.example/s.jpg,',
      '21,variation,SHIRT-S,Shirt - S,1,0,,,,taxable,1,parent,0,,20,,,SHIRT',
      '30,variable,HAT,Hat,0,0,,,,taxable,1,,0,,,Clothing,,',
      '31,variation,HAT-S,Hat - S,1,0,,,,taxable,1,2,0,,20,,,id:30',
    ),
    known: ['TEA', 'CUP', 'POT', 'JAR', 'BOX', 'SHIRT-S', 'HAT-S'],
    fields: {
      TEA: {
        available: true,
        price: 3.9,
        name: 'Oolong',
        category: ['Tea', 'Drinks', 'Sale'],
        imageUrl: 'https://shop.example/a.jpg',
      },
      CUP: { available: true, price: 12, name: 'Cup', category: 'Pots' },
      POT: { available: false, price: 30, name: 'Pot', category: 'Pots, pans' },
      JAR: { available: false, price: 5, name: 'Jar', category: 'Pots' },
      BOX: { available: true, price: 5, name: 'Box', category: 'Pots' },
      'SHIRT-S': {
        available: true,
        price: 20,
        name: 'Shirt - S',
        category: 'Clothing',
        imageUrl: 'https://shop.example/s.jpg',
      },
      'HAT-S': { available: false, price: 20, name: 'Hat - S', category: 'Clothing' },
    },
  },
  {
    platform: 'Magento',
    text: lines(
      'sku,store_view_code,attribute_set_code,product_type,categories,name,product_online,visibility,price,special_price,special_price_to_date,qty,is_in_stock,allow_backorders,manage_stock',
      '24-MB01,,Bag,simple,"Default Category/Gear/Bags,Default Category/Gear",Duffle Bag,1,"Catalog, Search",34.000000,,,100.0000,1,0,1',
      '24-MB02,,Bag,simple,Default Category/Gear,Backpack,2,"Catalog, Search",59,,,5,1,0,1',
      '24-MB03,,Bag,simple,Default Category/Gear,Sling,1,"Catalog, Search",45,40,2031-01-01,0,0,0,1',
      'SET,,Bag,configurable,Default Category/Gear,Set,1,"Catalog, Search",10,,,0,1,0,1',
      '24-MB01,de,,,,Reisetasche,,,,,,,,,',
    ),
    known: ['24-MB01', '24-MB02', '24-MB03', 'SET'],
    fields: {
      '24-MB01': { available: true, price: 34, name: 'Duffle Bag', category: ['Bags', 'Gear'] },
      '24-MB02': { available: false, price: 59, name: 'Backpack', category: 'Gear' },
      '24-MB03': { available: false, price: 40, name: 'Sling', category: 'Gear' },
      SET: { available: true, price: 10, name: 'Set', category: 'Gear' },
    },
  },
  {
    platform: 'PrestaShop',
    text: lines(
      'Product ID;Image;Name;Reference;Category;Price (tax excl.);Price (tax incl.);Quantity;Status;Position',
      '1;img/p/1.jpg;Hummingbird printed t-shirt;demo_1;Men;23.900000;28,68 €;1200;1;0',
      '2;img/p/2.jpg;Mug;demo_2;Home accessories;11.90;14,28 €;0;1;0',
      '3;img/p/3.jpg;Poster;demo_3;Art;29.00;34,80 €;5;0;0',
    ),
    known: ['1', '2', '3'],
    fields: {
      1: { available: true, price: 28.68, name: 'Hummingbird printed t-shirt', category: 'Men' },
      2: { available: false, price: 14.28, name: 'Mug', category: 'Home accessories' },
      3: { available: false, price: 34.8, name: 'Poster', category: 'Art' },
    },
  },
  {
    platform: 'PrestaShop',
    text: lines(
      'Product ID;Active (0/1);Name *;Categories (x,y,z...);Price tax excluded;Reference #;Quantity;Available for order (0 = No, 1 = Yes);Image URLs (x,y,z...)',
      '1;1;Mug;Home,Kitchen;11.90;MUG;4;1;https://shop.example/1.jpg,https://shop.example/2.jpg',
      '2;1;Bowl;Home,Kitchen;9.90;BOWL;4;0;',
    ),
    known: ['MUG', 'BOWL'],
    fields: {
      MUG: {
        available: true,
        price: 11.9,
        name: 'Mug',
        category: ['Home', 'Kitchen'],
        imageUrl: 'https://shop.example/1.jpg',
      },
      BOWL: { available: false, price: 9.9, name: 'Bowl', category: ['Home', 'Kitchen'] },
    },
  },
  {
    platform: 'BigCommerce',
    text: lines(
      'Item,ID,Name,Type,SKU,Options,Inventory Tracking,Current Stock,Low Stock,Price,Sale Price,Brand ID,Categories,Is Visible,Product URL,Internal Image URL (Export)',
      'Product,77,Fog Linen,physical,SLCTBS,,product,36,0,49,0,,Shop All/Bath;Sale,TRUE,/fog-linen/,',
      'Product,80,Orbit Pot,physical,OFSUC,,variant,0,0,109,99,,Shop All/Garden,TRUE,/orbit-pot/,',
      'Variant,65,,,OFSUC-S,Type=Rectangle|Name=Size|Value=S,,4,0,,,,,,,',
      'Image,300,,,,,,,,,,,,,,https://store.example/300.jpg',
      'Product,81,Hidden,physical,HID,,none,0,0,5,,,Shop All,FALSE,/hidden/,',
      'Product,82,Untracked,physical,UNT,,none,0,0,5,,,Shop All,TRUE,/untracked/,',
    ),
    known: ['SLCTBS', 'OFSUC', 'OFSUC-S', 'HID', 'UNT'],
    fields: {
      SLCTBS: {
        available: true,
        price: 49,
        name: 'Fog Linen',
        category: ['Bath', 'Shop All', 'Sale'],
        url: '/fog-linen/',
      },
      OFSUC: { available: false, price: 99, name: 'Orbit Pot', category: ['Garden', 'Shop All'], url: '/orbit-pot/' },
      'OFSUC-S': {
        available: true,
        price: 109,
        name: 'Orbit Pot',
        category: ['Garden', 'Shop All'],
        url: '/orbit-pot/',
      },
      HID: { available: false, price: 5, name: 'Hidden', category: 'Shop All', url: '/hidden/' },
      UNT: { available: true, price: 5, name: 'Untracked', category: 'Shop All', url: '/untracked/' },
    },
  },
  {
    platform: 'Squarespace',
    text: lines(
      'Product ID [Non Editable],Variant ID [Non Editable],Product Type [Non Editable],Product Page,Product URL,Title,Description,SKU,Option Name 1,Option Value 1,Price,Sale Price,On Sale,Stock,Categories,Tags,Visible,Hosted Image URLs',
      'p1,v1,PHYSICAL,shop,oolong,Oolong,,SQ1,Size,S,20.00,15.00,Yes,Unlimited,/tea,,Yes,https://sq.example/1.jpg https://sq.example/2.jpg',
      ',v2,,,,,,SQ2,Size,M,25.00,0.00,No,0,,,,',
      'p2,v3,PHYSICAL,shop,cup,Cup,,SQ3,,,8.00,6.00,No,4,,,No,',
    ),
    known: ['SQ1', 'SQ2', 'SQ3'],
    fields: {
      SQ1: { available: true, price: 15, name: 'Oolong', category: 'tea', imageUrl: 'https://sq.example/1.jpg' },
      SQ2: { available: false, price: 25, name: 'Oolong', category: 'tea', imageUrl: 'https://sq.example/1.jpg' },
      SQ3: { available: false, price: 8, name: 'Cup' },
    },
  },
  {
    platform: 'Square',
    text: lines(
      'Reference Handle,Token,Item Name,Variation Name,SKU,Description,Categories,Reporting Category,Archived,Sellable,Price,Current Quantity Main Street,Current Quantity Market',
      '#oolong-s,TOK1,Oolong,Small,OO-S,,"Tea, Gifts",Tea,N,Y,4.50,0,3',
      '#oolong-m,TOK2,Oolong,Large,OO-L,,Tea,Tea,N,Y,8.00,0,0',
      '#cup,TOK3,Cup,Regular,CUP,,Pots,Pots,Y,Y,12.00,5,5',
    ),
    known: ['Oolong', 'Cup'],
    fields: {
      Oolong: { available: true, price: 4.5, name: 'Oolong', category: ['Tea', 'Gifts'] },
      Cup: { available: false, price: 12, name: 'Cup', category: 'Pots' },
    },
  },
  {
    platform: 'Google Merchant',
    text: lines(
      'id\ttitle\tdescription\tlink\timage_link\tavailability\tprice\tsale_price\tsale_price_effective_date\tproduct_type\tbrand\tgtin',
      'A1\tOolong\tTea, mild\thttps://shop.example/a1\thttps://shop.example/a1.jpg\tin_stock\t12.50 EUR\t\t\tDrinks > Tea\tLeaf\t',
      'A2\tCup\t\thttps://shop.example/a2\t\tout_of_stock\t1,250.00 EUR\t999.00 EUR\t2020-01-01T00:00+0000/2031-01-01T00:00+0000\tPots\t\t',
      'A3\tPot\t\thttps://shop.example/a3\t\tpreorder\t30.00 EUR\t20.00 EUR\t2020-01-01T00:00+0000/2020-02-01T00:00+0000\tHome, garden > Pots\t\t',
    ),
    known: ['A1', 'A2', 'A3'],
    fields: {
      A1: {
        available: true,
        price: 12.5,
        name: 'Oolong',
        category: ['Tea', 'Drinks'],
        url: 'https://shop.example/a1',
        imageUrl: 'https://shop.example/a1.jpg',
        attributes: { brand: 'Leaf' },
      },
      A2: { available: false, price: 999, name: 'Cup', category: 'Pots', url: 'https://shop.example/a2' },
      A3: {
        available: true,
        price: 30,
        name: 'Pot',
        category: ['Pots', 'Home, garden'],
        url: 'https://shop.example/a3',
      },
    },
  },
  {
    platform: 'Shopify’s API',
    text: JSON.stringify({
      products: [
        {
          id: 1,
          title: 'Oolong',
          vendor: 'Leaf',
          product_type: 'Tea',
          handle: 'oolong',
          status: 'active',
          variants: [
            {
              id: 11,
              title: '50 g',
              sku: 'OO-50',
              price: '4.50',
              inventory_policy: 'deny',
              inventory_management: 'shopify',
              inventory_quantity: 0,
            },
            {
              id: 12,
              title: '100 g',
              sku: 'OO-100',
              price: '8.00',
              inventory_policy: 'deny',
              inventory_management: null,
              inventory_quantity: 0,
            },
          ],
          image: { src: 'https://cdn.example/oolong.jpg' },
        },
      ],
    }),
    known: ['11', '12'],
    fields: {
      11: {
        available: false,
        price: 4.5,
        name: 'Oolong',
        category: 'Tea',
        url: '/products/oolong',
        imageUrl: 'https://cdn.example/oolong.jpg',
        attributes: { brand: 'Leaf' },
      },
      12: {
        available: true,
        price: 8,
        name: 'Oolong',
        category: 'Tea',
        url: '/products/oolong',
        imageUrl: 'https://cdn.example/oolong.jpg',
        attributes: { brand: 'Leaf' },
      },
    },
  },
  {
    platform: 'WooCommerce’s API',
    text: JSON.stringify([
      {
        ...{
          id: 1,
          name: 'Oolong',
          type: 'simple',
          status: 'publish',
          sku: 'TEA',
          permalink: 'https://shop.example/oolong',
        },
        ...{ price: '3.90', regular_price: '4.50', sale_price: '3.90', on_sale: true },
        ...{ manage_stock: true, stock_quantity: 0, stock_status: 'onbackorder', backorders: 'yes' },
      },
      {
        ...{ id: 2, name: 'Cup', type: 'simple', status: 'draft', sku: 'CUP', permalink: 'https://shop.example/cup' },
        ...{ price: '12', regular_price: '12', sale_price: '', on_sale: false },
        ...{ manage_stock: false, stock_quantity: null, stock_status: 'instock', backorders: 'no' },
      },
    ]),
    known: ['TEA', 'CUP'],
    fields: {
      TEA: { available: true, price: 3.9, name: 'Oolong', url: 'https://shop.example/oolong' },
      CUP: { available: false, price: 12, name: 'Cup', url: 'https://shop.example/cup' },
    },
  },
];

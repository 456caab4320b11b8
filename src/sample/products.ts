import type { Random } from '../random.ts';

/** A product of the sample shop. */
export interface SampleProduct {
  id: string;
  name: string;
  /** Index in `categories`. */
  category: number;
  /** Index in `brands`. */
  brand: number;
  /** In cents. */
  price: number;
  /** Proportional to its share of the sales in its category. */
  popularity: number;
  /** The first day on which it is sold; 0 for most products. */
  launchDay: number;
}

interface Category {
  name: string;
  /** First letters of the product ids. */
  code: string;
  /** Whether products are used up and bought again. */
  consumable: boolean;
  /** The months, 0 to 11, in which most of it sells; all year if absent. */
  months?: readonly number[];
  /** Lowest and highest price, in cents. */
  price: readonly [number, number];
  varieties: readonly string[];
  kinds: readonly string[];
  sizes: readonly string[];
}

/** Every product has one of these brands; each customer is loyal to a few. */
export const brands = [
  'Old Mill',
  'Verda',
  'Norrland',
  'Casa Lina',
  'Harbor & Vine',
  'Kestrel',
  'Mimosa',
  'Peak and Pine',
] as const;

const winter = [9, 10, 11, 0, 1];

/** The categories of a fine-food and kitchen shop. */
export const categories: readonly Category[] = [
  {
    name: 'Coffee',
    code: 'COF',
    consumable: true,
    price: [590, 2890],
    varieties: ['Ethiopia Sidamo', 'Colombia Huila', 'Brazil Santos', 'Sumatra', 'Kenya AA', '"Night Shift"', 'House'],
    kinds: ['Espresso Beans', 'Filter Coffee', 'Decaf Coffee', 'Coffee Pods'],
    sizes: ['250 g', '500 g', '1 kg'],
  },
  {
    name: 'Tea',
    code: 'TEA',
    consumable: true,
    price: [390, 1890],
    varieties: ['Earl Gray', 'Darjeeling', 'Sencha', 'Chamomile', 'Peppermint', 'Masala', 'Rooibos Vanilla', 'Jasmine'],
    kinds: ['Loose Tea', 'Tea Bags', 'Tea Pyramids'],
    sizes: ['20 pcs', '50 pcs', '100 g'],
  },
  {
    name: 'Chocolate',
    code: 'CHO',
    consumable: true,
    price: [250, 1690],
    varieties: ['Dark 70%', 'Milk', 'Hazelnut', 'Sea Salt', 'Orange', 'White Raspberry', 'Almond', '"Midnight" 85%'],
    kinds: ['Chocolate Bar', 'Pralines', 'Drinking Chocolate', 'Truffles'],
    sizes: ['80 g', '125 g', '300 g'],
  },
  {
    name: 'Cookies & Cakes',
    code: 'COO',
    consumable: true,
    price: [290, 1490],
    varieties: ['Butter', 'Oat', 'Lemon', 'Ginger', 'Almond', 'Double Chocolate', 'Cinnamon'],
    kinds: ['Shortbread', 'Cookies', 'Wafers', 'Loaf Cake', 'Cantuccini'],
    sizes: ['150 g', '200 g', '400 g'],
  },
  {
    name: 'Pasta, Rice & Grains',
    code: 'PAS',
    consumable: true,
    price: [190, 890],
    varieties: ['Bronze-Cut', 'Whole Wheat', 'Egg', 'Spelt', 'Gluten-Free', 'Durum'],
    kinds: ['Spaghetti', 'Penne', 'Tagliatelle', 'Fusilli', 'Risotto Rice', 'Couscous'],
    sizes: ['500 g', '1 kg'],
  },
  {
    name: 'Oils & Vinegars',
    code: 'OIL',
    consumable: true,
    price: [490, 2990],
    varieties: ['Extra Virgin', 'Cold-Pressed', 'Aged', 'Truffle', 'Lemon', 'Chili'],
    kinds: ['Olive Oil', 'Walnut Oil', 'Balsamic Vinegar', 'Wine Vinegar', 'Sesame Oil'],
    sizes: ['250 ml', '500 ml', '1 l'],
  },
  {
    name: 'Spices',
    code: 'SPI',
    consumable: true,
    price: [190, 1290],
    varieties: ['Smoked', 'Sweet', 'Whole', 'Ground', 'Roasted', 'Hot'],
    kinds: ['Paprika', 'Black Pepper', 'Cumin', 'Cinnamon', 'Curry Blend', 'Sea Salt, flaky', 'Coriander'],
    sizes: ['tin', 'refill bag', 'grinder'],
  },
  {
    name: 'Jams & Honey',
    code: 'JAM',
    consumable: true,
    price: [320, 1390],
    varieties: ['Apricot', 'Strawberry', 'Wild Blueberry', 'Bitter Orange', 'Acacia', 'Forest', 'Fig'],
    kinds: ['Preserve', 'Spread', 'Honey', 'Jelly'],
    sizes: ['125 g', '250 g', '450 g'],
  },
  {
    name: 'Coffee Gear',
    code: 'CGR',
    consumable: false,
    price: [890, 24900],
    varieties: ['Steel', 'Glass', 'Ceramic', 'Copper', 'Travel', '"Barista"'],
    kinds: ['French Press', 'Pour-Over Dripper', 'Burr Grinder', 'Moka Pot', 'Milk Frother', 'Espresso Cups, set of 2'],
    sizes: ['small', 'medium', 'large'],
  },
  {
    name: 'Teaware',
    code: 'TWR',
    consumable: false,
    price: [690, 8900],
    varieties: ['Cast Iron', 'Porcelain', 'Glass', 'Stoneware', 'Bamboo'],
    kinds: ['Teapot', 'Tea Cups, set of 4', 'Infuser', 'Tea Caddy', 'Warmer'],
    sizes: ['0.5 l', '0.8 l', '1.2 l'],
  },
  {
    name: 'Cookware',
    code: 'CWR',
    consumable: false,
    price: [1490, 19900],
    varieties: ['Cast Iron', 'Stainless', 'Copper', 'Carbon Steel', 'Non-Stick'],
    kinds: ['Skillet', 'Saucepan', 'Stock Pot', 'Wok', 'Grill Pan', 'Chef Knife'],
    sizes: ['8"', '10"', '12"'],
  },
  {
    name: 'Baking',
    code: 'BAK',
    consumable: false,
    months: winter,
    price: [490, 4900],
    varieties: ['Springform', 'Fluted', 'Silicone', 'Heavy-Duty', 'Classic'],
    kinds: ['Cake Pan', 'Muffin Tray', 'Rolling Pin', 'Cookie Cutters, set of 6', 'Mixing Bowl', 'Loaf Pan'],
    sizes: ['small', 'medium', 'large'],
  },
  {
    name: 'Tableware',
    code: 'TAB',
    consumable: false,
    price: [590, 9900],
    varieties: ['Linen', 'Stoneware', 'Porcelain', 'Oak', 'Recycled Glass'],
    kinds: ['Dinner Plates, set of 4', 'Serving Bowl', 'Tumblers, set of 6', 'Napkins', 'Board', 'Candle Holder'],
    sizes: ['sand', 'slate', 'white', 'moss'],
  },
  {
    name: 'Kitchen Care',
    code: 'CAR',
    consumable: true,
    price: [250, 1690],
    varieties: ['Lemon', 'Unscented', 'Eucalyptus', 'Citrus', 'Lavender'],
    kinds: ['Dish Soap', 'Dishwasher Tabs', 'Descaler', 'Sponge Cloths', 'Surface Spray', 'Wood Oil'],
    sizes: ['single', 'refill', 'value pack'],
  },
];

/** What each taste group buys, as weights by category code; other categories get a small weight. */
export const tastes: readonly Readonly<Record<string, number>>[] = [
  { COF: 10, CGR: 4, CHO: 3, COO: 3 },
  { TEA: 10, TWR: 3, COO: 4, JAM: 4 },
  { PAS: 8, OIL: 6, SPI: 3, CWR: 2 },
  { SPI: 8, PAS: 4, CWR: 4, TEA: 2 },
  { BAK: 6, CHO: 5, JAM: 4, SPI: 2 },
  { TAB: 6, CWR: 3, OIL: 3, CHO: 2 },
  { CAR: 9, COF: 3, PAS: 3, TAB: 1 },
];

/** Invents products: categories take turns, and popularity falls with the rank within a category. */
export function createProducts(count: number, days: number, random: Random): SampleProduct[] {
  const placed = categories.map(() => 0);
  const names = new Map<string, number>();
  const pick = (words: readonly string[]) => words[random.below(words.length)];
  return Array.from({ length: count }, (_, i) => {
    const category = i % categories.length;
    const { code, varieties, kinds, sizes, price } = categories[category];
    const rank = placed[category]++;
    const brand = random.below(brands.length);
    const base = `${brands[brand]} ${pick(varieties)} ${pick(kinds)}`;
    const sized = `${base}, ${pick(sizes)}`;
    const edition = (names.get(sized) ?? 0) + 1;
    names.set(sized, edition);
    const place = random.uniform();
    const cents = price[0] + (price[1] - price[0]) * place * place;
    return {
      id: `${code}-${1000 + rank}`,
      name: edition > 1 ? `${sized}, No. ${edition}` : sized,
      category,
      brand,
      price: Math.round(cents / 50) * 50 - (random.uniform() < 0.7 ? 5 : 0),
      popularity: 1 / (rank + 3),
      launchDay: rank > 0 && random.uniform() < 0.15 ? Math.floor(days * (0.2 + 0.6 * random.uniform())) : 0,
    };
  });
}

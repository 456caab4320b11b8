/** What all pages of the explorer have around them. */
import { html } from 'hono/html';
import type { Markup } from '../../page/svg.ts';
import { version } from '../../version.ts';

/** The entries of the navigation: their paths, and what they are called. */
const places = {
  home: ['', 'Home'],
  customers: ['/customers', 'Customers'],
  products: ['/products', 'Products'],
  catalogue: ['/catalogue', 'Catalogue'],
  quality: ['/quality', 'Quality'],
  data: ['/data', 'Data'],
  live: ['/live', 'Live'],
} as const;

export type Place = keyof typeof places;

export interface Frame {
  readonly title: string;
  readonly place?: Place;
  /** What links begin with. */
  readonly root: string;
  /** The id of the key with which somebody signed in. */
  readonly signedIn?: string;
  readonly body: Markup;
}

export function framed({ title, place, root, signedIn, body }: Frame): Markup {
  const links = Object.entries(places).map(
    ([name, [path, text]]) =>
      html`<li><a href="${root}${path}"${name === place ? html` aria-current="page"` : ''}>${text}</a></li>`,
  );
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Endcap</title>
<link rel="icon" href="${root}/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="${root}/style.css">
<script type="module" src="${root}/live.js"></script>
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<header><nav aria-label="Pages"><ul class="places">${links}</ul></nav>${signedIn !== undefined && signOut(root, signedIn)}</header>
<main id="content" tabindex="-1">
<h1>${title}</h1>
${body}
</main>
<footer>Endcap ${version}</footer>
</body>
</html>
`;
}

function signOut(root: string, key: string): Markup {
  return html`<form class="sign-out" method="post" action="${root}/sign-out">
<span class="soft">Key ${key}</span> <button>Sign out</button></form>`;
}

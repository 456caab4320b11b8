import { html, raw } from 'hono/html';
import { style } from '../../page/style.ts';
import type { Markup } from '../../page/svg.ts';

/** A page in one file; its security policy forbids loading anything else. */
export function page(title: string, body: Markup): Markup {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title>
<style>${raw(style)}</style>
</head>
<body>
${body}
</body>
</html>
`;
}

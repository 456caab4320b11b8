import { html } from 'hono/html';
import type { PageContent } from './page.ts';

/** Asks for a key. */
export function signInForm({
  root,
  to,
  problem,
}: {
  root: string;
  /** Where to go from there. */
  to: string;
  /** What is wrong with the key that was given. */
  problem?: string;
}): PageContent {
  return {
    title: 'Sign in',
    body: html`<p>These pages show what customers bought. To see them, give a key with the scope <code>admin</code>; whoever runs
the server makes one with <code>endcap key create --scope admin</code>.</p>
${problem !== undefined && html`<p class="bad" role="alert" id="problem">${problem}</p>`}
<form class="fields" method="post" action="${root}/sign-in">
<input type="hidden" name="to" value="${to}">
<p><label for="key">Key</label>
<input id="key" name="key" type="password" autocomplete="current-password" required maxlength="200"${problem !== undefined && html` aria-describedby="problem"`}></p>
<p><button>Sign in</button></p>
</form>
<p class="soft">You stay signed in for twelve hours, or until you sign out.</p>`,
    ...(problem !== undefined && { status: 403 }),
  };
}

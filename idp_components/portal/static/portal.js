// Progressive enhancement: without this file every page works, by loading anew.
"use strict";

const EVERY = 4000; // milliseconds between looks at the live parts of a page
const WHILE_BUSY = 1000; // the same while something is done that one waits for
const PAUSE = 200; // after the last key, before a search

/** Puts what the server says into an element, unless it is what is there. */
async function renew(element) {
  const address = element.dataset.live;
  const known = element.dataset.tag && element.dataset.shown === address ? { "If-None-Match": element.dataset.tag } : {};
  const answer = await fetch(address, { headers: known, cache: "no-store" });
  if (element.dataset.live !== address || !answer.ok) return; // asked for something else meanwhile, or the same as before
  const text = await answer.text();
  if (element.dataset.live !== address || element.contains(document.activeElement)) return; // never take the focus away
  const waited = isBusy();
  element.replaceChildren(...new DOMParser().parseFromString(text, "text/html").body.childNodes);
  element.dataset.tag = answer.headers.get("ETag") || "";
  element.dataset.shown = address;
  if (waited && !isBusy()) location.reload(); // what can be done now is another thing
}

const isBusy = () => document.querySelector("[data-busy]") !== null;

function look() {
  const parts = document.hidden ? [] : [...document.querySelectorAll("[data-live]")];
  return Promise.all(parts.map((element) => renew(element).catch(() => {})));
}

const again = () => setTimeout(() => look().then(again), isBusy() ? WHILE_BUSY : EVERY);

function searchAsYouType(form) {
  const items = document.getElementById("items");
  const said = document.getElementById("search-result");
  const input = form.elements.q;
  let waiting;
  input.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      const address = new URL(items.dataset.live, location.href);
      address.searchParams.set("q", input.value);
      items.dataset.live = address.pathname + address.search;
      const page = new URL(location.href);
      page.searchParams.set("q", input.value);
      history.replaceState(null, "", page);
      await renew(items).catch(() => {});
      said.textContent = document.getElementById("items-count")?.textContent ?? "";
    }, PAUSE);
  });
}

/** Shows of a choice only the form that is chosen. */
function choices(form) {
  for (const select of form.querySelectorAll("select[data-choice]")) {
    const show = () => {
      for (const part of form.querySelectorAll(`[data-form="${select.dataset.choice}"]`)) part.hidden = part.dataset.value !== select.value;
    };
    select.addEventListener("change", show);
    show();
  }
}

/** Shows the defaults of the chosen environment in the empty fields. */
function defaultsOf(select, form) {
  select.addEventListener("change", () => {
    for (const input of form.querySelectorAll("[data-defaults]")) input.placeholder = JSON.parse(input.dataset.defaults)[select.value] ?? "";
  });
}

const search = document.getElementById("search");
if (search) searchAsYouType(search);
const proposal = document.getElementById("proposal");
if (proposal) {
  choices(proposal);
  defaultsOf(document.getElementById("field-environment"), proposal);
  // A link of the summary may lead into a part that is closed.
  document.getElementById("summary")?.addEventListener("click", (event) => {
    const target = event.target.hash && document.getElementById(event.target.hash.slice(1));
    for (let part = target && target.closest("details"); part; part = part.parentElement.closest("details")) part.open = true;
  });
}
again();
document.addEventListener("visibilitychange", look);

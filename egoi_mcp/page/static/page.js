// The page works without this: it only keeps the page fresh, counts down, and says what came about.
"use strict";

(() => {
  const BUSY_MS = 1000;
  const QUIET_MS = 3000;
  const live = new URL("live", location.href);
  const offset = Number(document.body.dataset.now) - Date.now() / 1000;
  const announcer = document.getElementById("announcer");
  const stale = document.getElementById("stale");
  let version = "";

  const main = () => document.getElementById("main");

  // -- counting down --

  function left(until) {
    const seconds = Math.max(0, Math.ceil(until - (Date.now() / 1000 + offset)));
    const clock = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    return [seconds, seconds ? `${clock} left` : "now"];
  }

  function countDown() {
    for (const each of document.querySelectorAll("[data-until]")) {
      const [seconds, words] = left(Number(each.dataset.until));
      if (each.textContent !== words) each.textContent = words;
      each.classList.toggle("soon", seconds < 60);
    }
  }

  // -- taking over what changed, and only that: what is typed, opened or focused stays --

  const KEPT = new Set(["open", "aria-invalid", "aria-describedby"]);

  function patchAttributes(old, fresh) {
    for (const { name } of [...old.attributes]) {
      if (!KEPT.has(name) && !fresh.hasAttribute(name)) old.removeAttribute(name);
    }
    for (const { name, value } of fresh.attributes) {
      if (!KEPT.has(name) && old.getAttribute(name) !== value) old.setAttribute(name, value);
    }
  }

  function patchChildren(old, fresh) {
    const wanted = new Set([...fresh.children].map((each) => each.id).filter(Boolean));
    for (const each of [...old.children]) {
      if (each.id && !wanted.has(each.id) && !each.dataset.kept) each.remove();
    }
    let place = old.firstChild;
    const isKept = (each) => each.dataset && each.dataset.kept && !wanted.has(each.id);
    // Space that only lays the source out; between words on a line it counts.
    const isSpace = (each) => each.nodeType === Node.TEXT_NODE && each.data.includes("\n") && !each.data.trim();
    // What is moved or made anew loses its focus, and a frame its page: so whatever is in the way goes.
    const clear = (inTheWay) => {
      while (place && (isKept(place) || inTheWay(place))) {
        const next = place.nextSibling;
        if (!isKept(place)) place.remove();
        place = next;
      }
    };
    for (const each of [...fresh.childNodes].filter((child) => !isSpace(child))) {
      const named = each.id && [...old.children].find((other) => other.id === each.id);
      clear((other) => isSpace(other) || (named && other !== named && !other.id));
      const match = named || (!each.id && place && !place.id && place.nodeName === each.nodeName ? place : null);
      if (!match) {
        old.insertBefore(each, place);
        continue;
      }
      if (match !== place) old.insertBefore(match, place);
      place = match.nextSibling;
      patch(match, each);
    }
    while (place) {
      const next = place.nextSibling;
      if (!(place.dataset && place.dataset.kept)) place.remove();
      place = next;
    }
  }

  function patch(old, fresh) {
    if (old.isEqualNode(fresh)) return;
    if (old.nodeType !== Node.ELEMENT_NODE) old.nodeValue = fresh.nodeValue;
    else if (old.nodeName !== fresh.nodeName) old.replaceWith(fresh);
    else if (!old.dataset.until || old.dataset.until !== fresh.dataset.until) {
      patchAttributes(old, fresh);
      patchChildren(old, fresh);
    }
  }

  function dropAnswered() {
    for (const each of document.querySelectorAll(".problem[data-kept]")) {
      const link = each.querySelector("a");
      if (link && !document.getElementById(link.hash.slice(1))) each.remove();
    }
  }

  function heard(before) {
    const said = [];
    for (const each of document.querySelectorAll("[data-said]")) {
      if (before.get(each.id) !== each.dataset.said) {
        said.push(`${each.querySelector("h3").textContent}: ${each.dataset.said}`);
      }
    }
    const count = document.querySelectorAll("#waiting > .card").length;
    if (count > before.get("waiting")) said.push(document.getElementById("waiting-title").textContent);
    if (said.length) announcer.textContent = said.join(". ");
  }

  function state() {
    const found = new Map([["waiting", document.querySelectorAll("#waiting > .card").length]]);
    for (const each of document.querySelectorAll("[data-said]")) found.set(each.id, each.dataset.said);
    return found;
  }

  function take(html) {
    const fresh = new DOMParser().parseFromString(html, "text/html").querySelector("main");
    if (!fresh) return;
    const before = state();
    const focused = document.activeElement;
    const card = focused && focused.closest(".card");
    patch(main(), fresh);
    dropAnswered();
    countDown();
    document.title = main().dataset.title;
    heard(before);
    if (card && !document.contains(focused)) {
      const moved = document.getElementById(card.id.replace(/^action-/, "decided-"));
      (moved || main()).focus({ preventScroll: !moved });
    }
  }

  // -- asking for news --

  function tell(words) {
    stale.textContent = words;
    stale.hidden = !words;
  }

  async function poll() {
    let again = true;
    try {
      live.searchParams.set("since", version);
      // A tab that nobody looks at is not on the screen: the server then opens the page anew.
      live.searchParams.set("hidden", document.hidden ? "1" : "");
      const reply = await fetch(live, { cache: "no-store", credentials: "same-origin" });
      if (reply.ok) {
        const news = await reply.json();
        if (news.changed) take(news.html);
        version = news.version;
        tell("");
      } else {
        again = reply.status >= 500;
        tell("This page is no longer in use. What it shows is out of date, and it decides nothing.");
      }
    } catch {
      tell("The server does not answer. What this page shows may be out of date.");
    }
    if (again) setTimeout(poll, main().hasAttribute("data-busy") ? BUSY_MS : QUIET_MS);
  }

  countDown();
  setInterval(countDown, 1000);
  setTimeout(poll, BUSY_MS);

  const wrong = document.querySelector('[aria-invalid="true"]');
  if (wrong) wrong.focus();
})();

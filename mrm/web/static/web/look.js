// Everything here is a convenience: each page can be read and signed without it.
(() => {
  const root = document.documentElement;
  const typing = (node) => node.matches("input, textarea, select, [contenteditable]");
  const say = (text) => {
    const status = document.querySelector("#status");
    if (status) status.textContent = text;
  };

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy], [data-theme-switch], [data-open]");
    if (!button) {
      if (event.target.matches("dialog")) event.target.close(); // a click beside the dialog
      return;
    }
    if (button.matches("[data-theme-switch]")) {
      const dark = root.dataset.theme
        ? root.dataset.theme === "dark"
        : matchMedia("(prefers-color-scheme: dark)").matches;
      root.dataset.theme = dark ? "light" : "dark";
      document.cookie = `theme=${root.dataset.theme}; path=/; max-age=31536000; samesite=lax`; // the server writes it into the next page
      return;
    }
    if (button.matches("[data-open]")) {
      const dialog = document.getElementById(button.dataset.open);
      if (!dialog) return;
      event.preventDefault();
      dialog.showModal();
      return;
    }
    await navigator.clipboard.writeText(button.dataset.copy);
    say("Copied");
    button.dataset.copied = "";
    setTimeout(() => delete button.dataset.copied, 1500);
  });

  // Keys: "/" search, "g" then a letter to go, Ctrl or Cmd with "k" for the palette.
  // Single keys can be switched off in the account (data-keys="off" on the root): WCAG 2.1.4.
  let waiting = 0;
  document.addEventListener("keydown", (event) => {
    if (event.key === "k" && (event.ctrlKey || event.metaKey)) {
      const palette = document.querySelector("#palette");
      if (!palette) return;
      event.preventDefault();
      palette.showModal();
      return;
    }
    if (event.key === "Escape") hide();
    if (root.dataset.keys === "off" || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (event.key === "/") {
      event.preventDefault();
      document.querySelector("#search")?.focus();
    } else if (event.key === "g") {
      waiting = Date.now();
    } else if (Date.now() - waiting < 1000) {
      waiting = 0;
      if (/^[a-z]$/.test(event.key)) document.querySelector(`.side a[data-letter="${event.key}"]`)?.click();
    }
  });

  // What scrolls sideways on a narrow screen can be reached by keyboard; what does not scroll is no stop.
  const reach = () => {
    for (const box of document.querySelectorAll(".scroll, .plot, pre.code")) {
      const scrolls = box.scrollWidth > box.clientWidth + 1;
      box.toggleAttribute("tabindex", scrolls);
      if (!scrolls) { box.removeAttribute("role"); box.removeAttribute("aria-label"); continue; }
      box.tabIndex = 0;
      box.setAttribute("role", "group");
      box.setAttribute("aria-label", "Scrolls sideways");
    }
  };
  reach();
  document.fonts.ready.then(reach);
  addEventListener("resize", reach);
  document.addEventListener("htmx:afterSettle", reach);

  // The palette: what is typed narrows the pages, Enter opens the first, Escape (the browser's own) closes.
  document.addEventListener("input", (event) => {
    if (!event.target.matches("[data-palette]")) return;
    const wanted = event.target.value.trim().toLowerCase();
    for (const line of event.target.parentElement.querySelectorAll("li")) {
      line.hidden = !line.textContent.toLowerCase().includes(wanted);
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches("[data-palette]")) return;
    event.target.parentElement.querySelector("li:not([hidden]) a")?.click();
  });

  // An action that waits says why instead of acting; a form that was sent is not sent a second time by the same click.
  document.addEventListener("click", (event) => {
    const waits = event.target.closest('[aria-disabled="true"]');
    if (!waits) return;
    event.preventDefault();
    const why = document.getElementById(waits.getAttribute("aria-describedby"));
    if (why) say(why.textContent);
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.getAttribute("method") !== "post" || form.hasAttribute("hx-post")) return;
    if (form.dataset.sent !== undefined) { event.preventDefault(); return; }
    form.dataset.sent = "";
    setTimeout(() => delete form.dataset.sent, 3000); // an answer that is a file leaves the page as it is
  });

  // Marks of a chart carry their label; show it beside the pointer. It can be pointed at and Esc closes it: WCAG 1.4.13.
  let tip;
  const hide = () => { tip?.remove(); tip = undefined; };
  document.addEventListener("pointerover", (event) => {
    if (tip && event.target === tip) return;
    const mark = event.target.closest?.(".plot svg [aria-label]");
    if (!mark || !mark.matches("[role='graphics-symbol']")) return hide();
    tip ??= document.body.appendChild(Object.assign(document.createElement("div"), { className: "tip" }));
    tip.setAttribute("aria-hidden", "true");
    tip.textContent = mark.getAttribute("aria-label").replaceAll("; ", "\n");
    const box = mark.getBoundingClientRect();
    const left = Math.min(box.right, event.clientX + 6, innerWidth - tip.offsetWidth - 8);
    tip.style.left = `${left + scrollX}px`; // set through the object model: the policy forbids style attributes, not this
    tip.style.top = `${event.clientY + scrollY - 8}px`;
  });
  document.addEventListener("scroll", hide, { passive: true });
})();

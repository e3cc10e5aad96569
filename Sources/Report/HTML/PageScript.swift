/// The page's script: it shows transcripts from the page's data, some at a time.
/// It writes text only, never markup, and asks nothing of the network.
enum PageScript {
  static let text = #"""
    "use strict";
    (() => {
      const block = document.getElementById("data");
      if (!block) return;
      const data = JSON.parse(block.textContent);
      const pageSize = 10;
      let lowered = null;

      function element(name, attributes, ...children) {
        const node = document.createElement(name);
        for (const key in attributes) node.setAttribute(key, attributes[key]);
        node.append(...children);
        return node;
      }

      // The texts that hold the term: each text is looked at once, however many
      // transcripts share it.
      function matches(term) {
        if (!lowered) lowered = data.texts.map((text) => text.toLowerCase());
        const found = new Set();
        lowered.forEach((text, index) => { if (text.includes(term)) found.add(index); });
        return found;
      }

      function marked(text, term) {
        const node = element("p", { class: "text" });
        if (!term) { node.textContent = text; return node; }
        const lower = text.toLowerCase();
        let at = 0;
        // Lower case may be longer than the text: then nothing is marked.
        if (lower.length === text.length) {
          for (let next = lower.indexOf(term); next >= 0; next = lower.indexOf(term, at)) {
            const end = next + term.length;
            node.append(text.slice(at, next), element("mark", {}, text.slice(next, end)));
            at = end;
          }
        }
        node.append(text.slice(at));
        return node;
      }

      function part([title, text], term) {
        const body = data.texts[text];
        const node = element("div", { class: "part" }, element("h5", {}, data.texts[title]));
        if (body) node.append(marked(body, term));
        return node;
      }

      function article({ pool, item }, term, found) {
        const [id, prompt, harmful, category, , parts] = item;
        const facts = [data.texts[id], harmful ? "harmful" : "helpful", data.texts[category],
          pool.stage, pool.system, `run ${pool.run} (${pool.name})`].filter(Boolean);
        const node = element("article", { class: "transcript" },
          element("h4", {}, facts.join(" · ")));
        const question = marked(data.texts[prompt], term);
        question.className = "text prompt";
        node.append(question);
        const direct = parts.length > 3 ? 1 : parts.length;
        parts.slice(0, direct).forEach((one) => node.append(part(one, term)));
        if (parts.length > direct) {
          const rest = parts.slice(direct);
          const more = element("details", {},
            element("summary", {}, `${rest.length} more texts: critiques, revisions, votes`),
            ...rest.map((one) => part(one, term)));
          more.open = Boolean(found) && rest.some((one) => one.some((text) => found.has(text)));
          node.append(more);
        }
        return node;
      }

      function choice(label, options) {
        const select = element("select", {});
        options.forEach(([value, name]) => select.append(element("option", { value }, name)));
        return { select, node: element("label", {}, element("span", {}, label), select) };
      }

      function build(details) {
        const points = data.panels[details.dataset.panel] || [];
        const used = [...new Set(points.flatMap((point) => point.pools))];
        const stages = [...new Set(used.map((index) => data.pools[index].stage))];
        const categories = new Set(), principles = new Set();
        used.forEach((index) => data.pools[index].items.forEach((item) => {
          if (data.texts[item[3]]) categories.add(item[3]);
          item[4].forEach((principle) => principles.add(principle));
        }));
        const named = (set) => [...set].map((index) => [String(index), data.texts[index]])
          .sort((a, b) => (a[1] < b[1] ? -1 : 1));
        const point = choice("Point", [["", "every point"],
          ...points.map((one, index) => [String(index), one.name])]);
        const stage = choice("Stage", [["", "every stage"], ...stages.map((name) => [name, name])]);
        const category = choice("Category", [["", "every category"], ...named(categories)]);
        const principle = choice("Principle", [["", "every principle"], ...named(principles)]);
        const search = element("input",
          { type: "search", placeholder: "words in a prompt or text" });
        const back = element("button", { type: "button" }, "Previous");
        const on = element("button", { type: "button" }, "Next");
        const status = element("p", { class: "status", role: "status" });
        const list = element("div", { class: "list" });
        const form = element("form", { class: "filters", role: "search" }, point.node, stage.node,
          category.node, principle.node,
          element("label", { class: "wide" }, element("span", {}, "Search"), search));
        const pager = element("div", { class: "pager" }, back, on, status);
        if (!categories.size) category.node.hidden = true;
        if (!principles.size) principle.node.hidden = true;
        details.append(form, pager, list);
        let start = 0, chosen = [], found = null, term = "", total = 0;

        function show() {
          const shown = chosen.slice(start, start + pageSize);
          list.replaceChildren(...shown.map((one) => article(one, term, found)));
          back.disabled = start === 0;
          on.disabled = start + pageSize >= chosen.length;
          status.textContent = chosen.length
            ? `${start + 1} to ${start + shown.length} of ${chosen.length} shown in this page; `
              + `${total} on record where these come from`
            : "Nothing in this page fits.";
        }

        function filter() {
          term = search.value.toLowerCase();
          found = term ? matches(term) : null;
          const picked = point.select.value === "" ? used
            : data.panels[details.dataset.panel][Number(point.select.value)].pools;
          const order = new Map();
          chosen = [];
          total = 0;
          picked.forEach((index) => {
            const pool = data.pools[index];
            if (stage.select.value && pool.stage !== stage.select.value) return;
            total += pool.total;
            pool.items.forEach((item) => {
              const [id, prompt, , itemCategory, itemPrinciples, parts] = item;
              if (category.select.value && itemCategory !== Number(category.select.value)) return;
              if (principle.select.value
                && !itemPrinciples.includes(Number(principle.select.value))) return;
              if (found && !found.has(id) && !found.has(prompt)
                && !parts.some(([title, text]) => found.has(title) || found.has(text))) return;
              const key = `${pool.stage} ${id}`;
              if (!order.has(key)) order.set(key, order.size);
              chosen.push({ pool, item, order: order.get(key) });
            });
          });
          // What was said to the same prompt stands together.
          chosen.sort((a, b) => stages.indexOf(a.pool.stage) - stages.indexOf(b.pool.stage)
            || a.order - b.order);
          start = 0;
          show();
        }

        let waiting = 0;
        search.addEventListener("input", () => {
          clearTimeout(waiting);
          waiting = setTimeout(filter, 150);
        });
        form.addEventListener("submit", (event) => { event.preventDefault(); filter(); });
        [point, stage, category, principle].forEach(({ select }) =>
          select.addEventListener("change", filter));
        back.addEventListener("click", () => { start = Math.max(0, start - pageSize); show(); });
        on.addEventListener("click", () => { start += pageSize; show(); });
        details.choosePoint = (index) => { point.select.value = String(index); filter(); };
        filter();
      }

      const panels = document.querySelectorAll("details.transcripts");
      panels.forEach((details) => {
        details.addEventListener("toggle", () => {
          if (details.open && !details.choosePoint) build(details);
        });
      });
      document.addEventListener("click", (event) => {
        const button = event.target.closest("button.read");
        if (!button) return;
        const details = document.getElementById(`transcripts-${button.dataset.panel}`);
        if (!details) return;
        details.open = true;
        if (!details.choosePoint) build(details);
        details.choosePoint(Number(button.dataset.point));
        details.querySelector("select").focus({ preventScroll: true });
        details.scrollIntoView({ block: "start" });
      });

      // Paper cannot open anything: the figures' numbers are printed open. The rest is
      // long and stays in the page.
      let opened = [];
      window.addEventListener("beforeprint", () => {
        opened = [...document.querySelectorAll("figure details:not([open])")];
        opened.forEach((details) => { details.open = true; });
      });
      window.addEventListener("afterprint", () => {
        opened.forEach((details) => { details.open = false; });
      });
    })();
    """#
}

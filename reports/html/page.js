"use strict";
(() => {
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const ui = read("ui"), data = read("data"), texts = data.texts;
  const root = document.documentElement;
  const PAGE = 100, STATUS = ["counts", "waived", "known"];
  let zh = root.lang === "zh-CN";
  const word = (key) => ui[zh ? "zh" : "en"][key];
  const said = (pair) => texts[pair[zh ? 1 : 0]];
  const severity = (rank) => data.severities[rank][zh ? 2 : 1];
  const label = (key) => (data.categories[key] || [key, key])[zh ? 1 : 0];
  const compare = (a, b) => (typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), "en", { numeric: true }));

  // Everything that is shown is a text node: nothing in the data is ever markup.
  const make = (tag, attributes, ...children) => {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
      else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value === true ? "" : value);
    }
    node.append(...children.filter((child) => child !== null && child !== undefined));
    return node;
  };
  // Names break where a reader would: after a dot, an underscore or a bracket.
  const name = (text) => make("bdi", null, ...String(text).split(/(?<=[._(/])/).flatMap((part, i) => (i ? [make("wbr"), part] : [part])));
  const badge = (rank) => make("span", { class: `badge ${data.severities[rank][0]}` }, severity(rank));
  const link = (number) => (number < 0 ? null : `#table=${encodeURIComponent(texts[data.tables[number][0]])}`);
  const section = (id, title, ...children) => {
    const host = document.getElementById(id);
    host.replaceChildren(make("h2", { id: `${id}-head`, tabindex: "-1" }, title), ...children);
    host.setAttribute("aria-labelledby", `${id}-head`);
    host.hidden = false;
    return host;
  };
  const scroller = (id, table) => make("div", { class: "scroll", role: "region", tabindex: "0", "aria-labelledby": `${id}-head` }, table);

  // A table whose columns sort and whose rows are filtered; only what is looked at becomes part of the page.
  const grid = (id, columns, rows, state, fields = []) => {
    const body = make("tbody"), told = make("p", { class: "soft", role: "status" });
    const more = make("button", { type: "button", class: "more", onclick: () => { state.shown += PAGE; fill(); } }, word("more"));
    const heads = columns.map((column) => {
      const head = make("th", { scope: "col", class: column.class });
      head.append(make("button", { type: "button", onclick: () => {
        state.down = state.sort === column.key ? !state.down : false;
        state.sort = column.key;
        fill();
      } }, column.label));
      return head;
    });
    const needle = make("input", { type: "search", value: state.text, oninput: (event) => { state.text = event.target.value; state.shown = PAGE; fill(); } });
    needle.value = state.text;
    const choices = fields.map((field) => {
      const chosen = make("select", { onchange: (event) => { state[field.key] = event.target.value; state.shown = PAGE; fill(); } },
        ...field.options.map(([value, label]) => make("option", { value }, label)));
      chosen.value = state[field.key] || "";
      return make("label", null, field.label, chosen);
    });
    const fill = () => {
      const wanted = state.text.toLowerCase();
      const kept = rows.filter((row) => fields.every((field) => !state[field.key] || field.fits(row, state[field.key])) &&
        (!wanted || columns.some((column) => column.find && column.find(row).toLowerCase().includes(wanted))));
      const by = columns.find((column) => column.key === state.sort);
      if (by) kept.sort((a, b) => (state.down ? -1 : 1) * compare(by.sort(a), by.sort(b)));
      heads.forEach((head, i) => {
        if (columns[i].key === state.sort) head.setAttribute("aria-sort", state.down ? "descending" : "ascending");
        else head.removeAttribute("aria-sort");
      });
      body.replaceChildren(...kept.slice(0, state.shown).map((row) =>
        make("tr", null, ...columns.map((column, i) => make(i || column.plain ? "td" : "th", { scope: i || column.plain ? null : "row", class: column.class }, ...column.cells(row))))));
      told.textContent = word("shown").replace("{shown}", Math.min(state.shown, kept.length)).replace("{all}", kept.length);
      more.hidden = kept.length <= state.shown;
    };
    fill();
    return [make("div", { class: "bar" }, make("label", null, word("filter"), needle), ...choices),
      scroller(id, make("table", null, make("thead", null, make("tr", null, ...heads)), body)), told, more];
  };
  const fresh = (sort = "") => ({ text: "", sort, down: false, shown: PAGE });
  const text = (key, label, get, more = {}) => ({ key, label, find: get, sort: get, cells: (row) => [name(get(row))], ...more });

  // A finding: [kind, table, resource, file, line, column, status, waiver, fingerprint]; its kind: [rank, rule, message, reasons]
  const rank = (row) => data.kinds[row[0]][0], rule = (row) => texts[data.kinds[row[0]][1]];
  const message = (row) => said(data.kinds[row[0]][2]);
  const place = (row) => [texts[row[3]], row[4] || "", row[5] || ""].filter((part) => part !== "").join(":");
  const about = (row) => {
    if (row[2] < -1) return texts[-2 - row[2]];
    const table = data.tables[row[1]];
    return row[2] < 0 ? `table ${texts[table[0]]}` : `column ${texts[table[0]]}.${texts[table[2][row[2]][0]]}`;
  };
  const resource = (row) => [link(row[1]) ? make("a", { href: link(row[1]) }, name(about(row))) : name(about(row))];
  const because = (row) => {
    const list = make("dl");
    const put = (key, value) => value && list.append(make("dt", null, word(key)), make("dd", null, name(value)));
    for (const reason of data.kinds[row[0]][3].map((number) => data.reasons[number])) {
      if (texts[reason[0]] !== rule(row)) put("rule", `${texts[reason[0]]}: ${said(reason[1])}`);
      reason[2].forEach((clause) => put("why", texts[clause]));
      put("basis", reason[3].map((basis) => texts[basis]).join("; "));
      put("remedy", said(reason[4]));
    }
    const waiver = row[7] || [];
    if (waiver.length) put("waiver", [...waiver.slice(0, 3).map((number) => texts[number]), waiver[3], waiver[4]].filter(Boolean).join(" · "));
    put("fingerprint", row[8]);
    return list.childElementCount ? make("details", null, make("summary", null, word("details")), list) : null;
  };
  data.findings.forEach((row, number) => { row.access = data.accesses[number]; });
  const told = Object.keys(data.accesses).length > 0;
  const access = (row) => (row.access ? said(row.access[0]) : "");
  const who = (row) => (row.access ? texts[row.access[1]] : "");
  // The stretch of time that a finding is in, as it is told: a day, or an hour where the log is short.
  const hours = data.findings.map((row) => (row.access ? row.access[2] : 0)).filter(Boolean);
  const [begin, end] = hours.reduce(([low, high], hour) => [Math.min(low, hour), Math.max(high, hour)], [Infinity, 0]);
  const short = end - begin <= 72;
  const when = (row) => (row.access && row.access[2] ? new Date(row.access[2] * 3600000).toISOString().slice(0, short ? 13 : 10) : "");
  const clock = (time) => (time.length > 10 ? `${time.replace("T", " ")}:00` : time);
  const findingColumns = (status) => [
    { key: "severity", label: word("severity"), class: "narrow", plain: true, sort: rank, cells: (row) => [badge(rank(row))] },
    text("rule", word("rule"), rule, { class: "medium-wide" }),
    { ...text("resource", word("resource"), about, { class: "medium-wide" }), cells: resource },
    ...(told ? [text("access", word("access"), access, { class: "medium-wide" })] : []),
    text("place", word("place"), place, { class: "medium-wide", sort: (row) => `${texts[row[3]]}:${String(row[4]).padStart(9, "0")}` }),
    ...(status === 1 ? [
      text("reason", word("reason"), (row) => texts[row[7][0]], { class: "wide" }), text("owner", word("owner"), (row) => texts[row[7][1]]),
      text("expires", word("expires"), (row) => row[7][4], { class: "narrow" }), text("ticket", word("ticket"), (row) => texts[row[7][2]]),
    ] : [{ ...text("message", word("message"), message, { class: "wide" }), cells: (row) => [name(message(row)), because(row)] }]),
  ];
  const states = { findings: fresh(), waived: fresh(), known: fresh(), gone: fresh(), heat: fresh(), table: fresh(), people: { ...fresh("found"), down: true }, tables: { ...fresh("found"), down: true } };
  const byRule = (rows) => ({ key: "rule-is", label: word("rule"), fits: (row, value) => rule(row) === value,
    options: [["", word("all-rules")], ...[...new Set(rows.map(rule))].sort().map((id) => [id, id])] });
  const bySeverity = () => ({ key: "severity-is", label: word("severity"), fits: (row, value) => data.severities[rank(row)][0] === value,
    options: [["", word("all-severities")], ...data.severities.map((entry) => [entry[0], entry[zh ? 2 : 1]])] });
  const byWhen = (rows) => ({ key: "when-is", label: word("when"), fits: (row, value) => when(row) === value,
    options: [["", word("all-times")], ...[...new Set(rows.map(when))].filter(Boolean).sort().map((time) => [time, clock(time)])] });
  const showFindings = () => ["findings", "waived", "known"].forEach((id, status) => {
    const rows = data.findings.filter((row) => row[6] === status);
    if (!rows.length && status) return;
    const note = status ? make("p", { class: "soft" }, word(`${id}-note`)) : null;
    if (!rows.length) section(id, word(id), make("p", null, word("none")));
    else section(id, `${word(id)} (${rows.length})`, ...(note ? [note] : []), ...grid(id, findingColumns(status), rows, states[id], [bySeverity(), byRule(rows), ...(told ? [byWhen(rows)] : [])]));
  });
  const showGone = () => data.absent.length && section("gone", `${word("gone")} (${data.absent.length})`, ...grid("gone",
    [text("rule", word("rule"), (row) => texts[row[0]]), text("resource", word("resource"), (row) => texts[row[1]])], data.absent, states.gone));

  // What an audit found, seen by time, by person and by table; a choice filters the findings below.
  const choose = (change) => {
    Object.assign(states.findings, fresh(), { "rule-is": "", "severity-is": "", "when-is": "" }, change);
    showFindings();
    const head = document.getElementById("findings-head");
    head.scrollIntoView();
    head.focus({ preventScroll: true });
  };
  const draw = (tag, attributes, ...children) => {
    const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [key, value] of Object.entries(attributes)) if (key.startsWith("on")) node.addEventListener(key.slice(2), value); else node.setAttribute(key, value);
    node.append(...children);
    return node;
  };
  const counted = data.findings.filter((row) => row[6] === 0 && row.access);
  const showTimeline = () => {
    const step = short ? 1 : 24, first = Math.floor(begin / step), length = Math.floor(end / step) - first + 1;
    if (!told || !hours.length) return;
    const bars = Array.from({ length }, () => data.severities.map(() => 0));
    counted.forEach((row) => { if (row.access[2]) bars[Math.floor(row.access[2] / step) - first][rank(row)] += 1; });
    const most = Math.max(1, ...bars.map((bar) => bar.reduce((a, b) => a + b, 0))), width = Math.min(60, 1000 / length), height = 160;
    const shown = bars.map((bar, at) => {
      const time = new Date((first + at) * step * 3600000).toISOString().slice(0, short ? 13 : 10), all = bar.reduce((a, b) => a + b, 0);
      if (!all) return null;
      let top = height;
      const parts = bar.map((found, level) => {
        const tall = (found / most) * height;
        top -= tall;
        return found ? draw("rect", { class: `fill ${data.severities[level][0]}`, x: at * width, y: top, width: Math.max(1, width * 0.85), height: tall }) : null;
      }).filter(Boolean);
      const told = `${clock(time)}: ${all} (${bar.map((found, level) => (found ? `${found} ${severity(level)}` : "")).filter(Boolean).join(", ")})`;
      const act = () => choose({ "when-is": time });
      return draw("g", { role: "button", tabindex: "0", "aria-label": told, onclick: act, onkeydown: (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); act(); } } },
        draw("title", {}, told), ...parts);
    }).filter(Boolean);
    const label = (at, anchor, x) => draw("text", { x, y: height + 18, "text-anchor": anchor, class: "axis" }, clock(new Date((first + at) * step * 3600000).toISOString().slice(0, short ? 13 : 10)));
    const axis = draw("g", {}, draw("line", { x1: 0, x2: 1000, y1: height, y2: height, class: "axis-line" }), label(0, "start", 0), ...(length > 1 ? [label(length - 1, "end", Math.max(width * length, 300))] : []), draw("text", { x: 0, y: -4, class: "axis" }, `${most}`));
    section("timeline", word("timeline"), make("p", { class: "soft" }, word("timeline-legend")),
      scroller("timeline", draw("svg", { viewBox: `-4 -18 1008 ${height + 44}`, class: "timeline", role: "group", "aria-label": word("timeline") }, axis, ...shown)));
  };
  const grouped = (id, title, of) => {
    if (!told) return;
    const found = new Map();
    for (const row of counted) {
      const group = found.get(of(row)) || { name: of(row), count: 0, by: data.severities.map(() => 0), rules: new Map(), first: "", last: "" };
      group.count += 1; group.by[rank(row)] += 1;
      group.rules.set(rule(row), (group.rules.get(rule(row)) || 0) + 1);
      const time = when(row);
      if (time && (!group.first || time < group.first)) group.first = time;
      if (time > group.last) group.last = time;
      found.set(group.name, group);
    }
    const rows = [...found.values()];
    if (!rows.length) return;
    const top = (group) => [...group.rules].sort((a, b) => b[1] - a[1] || compare(a[0], b[0])).slice(0, 3).map(([key, count]) => `${key} (${count})`).join(", ");
    section(id, `${title} (${rows.length})`, ...grid(id, [
      { ...text("name", word(id === "people" ? "person" : "table"), (group) => group.name, { class: "medium-wide" }),
        cells: (group) => [make("button", { type: "button", class: "plain", onclick: () => choose({ text: group.name }) }, name(group.name))] },
      { key: "found", label: word("findings"), class: "number narrow", sort: (group) => group.count, cells: (group) => [`${group.count}`] },
      { key: "worst", label: word("severity"), class: "narrow", sort: (group) => group.by.findIndex(Boolean), cells: (group) => [badge(group.by.findIndex(Boolean))] },
      text("rules", word("rules"), top, { class: "wide" }),
      text("first", word("first"), (group) => clock(group.first), { class: "narrow" }),
      text("last", word("last"), (group) => clock(group.last), { class: "narrow" }),
    ], rows, states[id]));
  };
  const showAccesses = () => {
    showTimeline();
    grouped("people", word("people"), who);
    grouped("tables", word("tables"), (row) => about(row).replace(/^table /, ""));
  };

  // The map: one row a table, one column a branch of the taxonomy; its cells say how many columns, ▲ how sensitive.
  const branch = (category) => category.split(".").slice(0, 2).join(".");
  const count = new Map();
  data.findings.forEach((row) => row[6] === 0 && row[1] >= 0 && count.set(row[1], (count.get(row[1]) || 0) + 1));
  const mapped = data.tables.map((table, number) => {
    const cells = new Map();
    let sensitive = 0, held = 0;
    for (const column of table[2]) {
      if (!texts[column[2]]) continue;
      const cell = cells.get(branch(texts[column[2]])) || [0, 0];
      cell[0] += 1; cell[1] += column[3]; held += 1; sensitive += column[3];
      cells.set(branch(texts[column[2]]), cell);
    }
    return { number, name: texts[table[0]], cells, sensitive, held, findings: count.get(number) || 0 };
  }).sort((a, b) => b.sensitive - a.sensitive || b.findings - a.findings || b.held - a.held || compare(a.name, b.name));
  const branches = [...new Set(mapped.flatMap((row) => [...row.cells.keys()]))].sort();
  const heat = (key, [all, hot]) => all
    ? make("td", { class: hot ? `hot${Math.min(3, hot)}` : `cell${Math.min(3, all)}`, "aria-label": `${label(key)}: ${all}${hot ? `, ${word("sensitive")} ${hot}` : ""}` }, hot ? `${all} ▲` : `${all}`)
    : make("td", { class: "empty" }, "·");
  const showMap = () => {
    if (!mapped.length) return;
    const state = states.heat, body = make("tbody"), told = make("p", { class: "soft", role: "status" });
    const more = make("button", { type: "button", class: "more", onclick: () => { state.shown += PAGE; fill(); } }, word("more"));
    const needle = make("input", { type: "search", oninput: (event) => { state.text = event.target.value; state.shown = PAGE; fill(); } });
    needle.value = state.text;
    const fill = () => {
      const kept = mapped.filter((row) => row.name.toLowerCase().includes(state.text.toLowerCase()));
      body.replaceChildren(...kept.slice(0, state.shown).map((row) => make("tr", null,
        make("th", { scope: "row", title: row.name }, make("a", { href: link(row.number) }, name(row.name))),
        ...branches.map((key) => heat(key, row.cells.get(key) || [0, 0])),
        make("td", null, `${row.held}`), make("td", null, `${row.findings}`))));
      told.textContent = word("shown").replace("{shown}", Math.min(state.shown, kept.length)).replace("{all}", kept.length);
      more.hidden = kept.length <= state.shown;
    };
    fill();
    const turned = (key) => make("th", { scope: "col", class: "turned", title: key }, make("span", null, label(key) === key ? key.replace(/^personal\./, "") : label(key)));
    section("heat", word("heat"), make("p", { class: "soft" }, word("heat-legend")), make("div", { class: "bar" }, make("label", null, word("filter"), needle)),
      scroller("heat", make("table", { class: "map" }, make("thead", null, make("tr", null, make("th", { scope: "col" }, word("table")),
        ...branches.map(turned), make("th", { scope: "col", class: "number" }, word("total")), make("th", { scope: "col", class: "number" }, word("findings")))), body)), told, more);
  };

  const category = (key) => (key && label(key) !== key ? [label(key), make("div", { class: "soft" }, name(key))] : [name(key)]);

  // One table: its columns, their evidence, and its findings.
  const showTable = (focus) => {
    const host = document.getElementById("table");
    let wanted = "";
    try { wanted = decodeURIComponent(location.hash.replace(/^#table=/, "")); } catch { /* no name */ }
    const number = location.hash.startsWith("#table=") ? data.tables.findIndex((table) => texts[table[0]] === wanted) : -1;
    host.hidden = number < 0;
    if (number < 0) return;
    const table = data.tables[number], found = data.findings.filter((row) => row[1] === number);
    const of = new Map();
    found.forEach((row) => row[2] >= 0 && of.set(table[2][row[2]], [...(of.get(table[2][row[2]]) || []), row]));
    const findings = (row) => of.get(row) || [];
    const shown = (row) => make("div", null, badge(rank(row)), " ", name(rule(row)), row[6] ? ` (${word(STATUS[row[6]]).toLowerCase()})` : "");
    const columns = [
      text("column", word("column"), (row) => texts[row[0]]), text("type", word("type"), (row) => texts[row[1]]),
      { ...text("category", word("category"), (row) => (texts[row[2]] ? `${label(texts[row[2]])} ${texts[row[2]]}` : ""), { class: "medium-wide" }), cells: (row) => category(texts[row[2]]) },
      text("sensitive", word("sensitive"), (row) => (row[3] ? word("yes") : ""), { class: "narrow" }),
      { key: "confidence", label: word("confidence"), class: "number narrow", sort: (row) => row[4], cells: (row) => [`${row[4]} %`] },
      text("evidence", word("evidence"), (row) => row[5].map(said).join("; "), { class: "wide" }),
      { key: "found", label: word("findings"), class: "wide", sort: (row) => findings(row).length, find: (row) => findings(row).map(rule).join(" "),
        cells: (row) => findings(row).map(shown) },
    ];
    const close = make("button", { type: "button", id: "close", onclick: () => { location.hash = "heat-head"; } }, word("close"));
    section("table", "", make("p", { class: "soft" }, name(texts[table[1]])),
      ...found.filter((row) => row[2] < 0).map(shown), ...grid("table", columns, table[2], fresh()), close);
    document.getElementById("table-head").append(`${word("table")} `, name(texts[table[0]]));
    if (focus) { host.scrollIntoView(); document.getElementById("table-head").focus({ preventScroll: true }); }
  };

  const show = () => { showAccesses(); showMap(); showTable(false); showFindings(); showGone(); };
  document.getElementById("language").addEventListener("click", (event) => {
    zh = !zh;
    root.lang = zh ? "zh-CN" : "en";
    event.target.textContent = zh ? "English" : "中文";
    event.target.lang = zh ? "en" : "zh-CN";
    show();
  });
  document.getElementById("theme").addEventListener("click", () => {
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
  });
  addEventListener("hashchange", () => showTable(true));
  show();
  showTable(true);
})();

// Language, sorting and filtering of the report pages. No library, no network.
(function () {
  "use strict";
  var root = document.documentElement;
  var KEY = "lienthong-language";

  function remembered() {
    var asked = /[?&]lang=(vi|en)/.exec(location.search);
    if (asked) return asked[1];
    try { return localStorage.getItem(KEY); } catch (error) { return null; } // some browsers refuse it for files
  }

  function show(language) {
    root.dataset.lang = root.lang = language;
    document.querySelectorAll("[data-text]").forEach(function (element) { // what cannot hold both languages
      element.textContent = element.dataset[language];
    });
    try { localStorage.setItem(KEY, language); } catch (error) { /* the links carry it instead */ }
    if (!document.body) return;
    document.querySelectorAll("[data-attribute]").forEach(function (element) {
      element.setAttribute(element.dataset.attribute, element.dataset[language]);
    });
    document.querySelectorAll("button[data-language]").forEach(function (button) {
      button.setAttribute("aria-pressed", String(button.dataset.language === language));
    });
    document.querySelectorAll("a[href]").forEach(function (link) {
      var href = link.getAttribute("href");
      if (!/^[^:#?]*\.html/.test(href)) return;
      link.setAttribute("href", href.replace(/\?lang=\w\w/, "").replace(/\.html/, ".html?lang=" + language));
    });
    document.querySelectorAll("table").forEach(count);
  }

  show(remembered() === "en" ? "en" : "vi"); // before anything is drawn

  function text(cell) {
    if (!cell) return "";
    if (cell.dataset.v !== undefined) return cell.dataset.v;
    var other = root.dataset.lang === "vi" ? "en" : "vi";
    var copy = cell.cloneNode(true);
    copy.querySelectorAll(".label, [lang=" + other + "]:not(.always)").forEach(function (part) { part.remove(); });
    return copy.textContent.trim();
  }

  function plain(value) { // "Ninh Bình" is found by "ninh binh"
    return value.normalize("NFD").replace(/[\u0300-\u036f]/g, "").replace(/đ/gi, "d").toLowerCase();
  }

  function sort(table, column, button) {
    var head = button.closest("th");
    var up = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
    if (!head.hasAttribute("aria-sort") && head.classList.contains("number")) up = -1; // the largest first
    table.querySelectorAll("th[aria-sort]").forEach(function (other) { other.removeAttribute("aria-sort"); });
    head.setAttribute("aria-sort", up > 0 ? "ascending" : "descending");
    var rows = Array.from(table.tBodies[0].rows).map(function (row) { return [text(row.cells[column]), row]; });
    rows.sort(function (a, b) {
      var x = parseFloat(a[0]), y = parseFloat(b[0]);
      var numbers = /^-?[\d.]+$/.test(a[0]) && /^-?[\d.]+$/.test(b[0]);
      return up * (numbers ? x - y : a[0].localeCompare(b[0], root.lang));
    });
    rows.forEach(function (pair) { table.tBodies[0].appendChild(pair[1]); });
  }

  function searched(row) { // both languages, without the labels of small screens
    var copy = row.cloneNode(true);
    copy.querySelectorAll(".label").forEach(function (part) { part.remove(); });
    return copy.textContent;
  }

  function filter(table, wanted) {
    var words = plain(wanted).split(/\s+/);
    Array.from(table.tBodies[0].rows).forEach(function (row) {
      var content = plain(searched(row));
      row.hidden = !words.every(function (word) { return content.indexOf(word) >= 0; });
    });
    count(table);
  }

  function count(table) {
    var place = table.id && document.querySelector("[data-shown='" + table.id + "']");
    if (!place) return;
    var rows = Array.from(table.tBodies[0].rows);
    var shown = rows.filter(function (row) { return !row.hidden; }).length;
    place.textContent = shown + " / " + rows.length;
  }

  function prepare(table) {
    Array.from(table.tHead.rows[0].cells).forEach(function (head, column) {
      var vi = text(head); // before it holds a button
      Array.from(table.tBodies[0].rows).forEach(function (row) {
        var cell = row.cells[column];
        if (cell && !cell.hasAttribute("colspan") && cell.innerHTML.trim()) cell.insertAdjacentHTML("afterbegin", '<span class="label" aria-hidden="true"></span>');
        if (cell && cell.firstChild && cell.firstChild.className === "label") cell.firstChild.innerHTML = head.innerHTML;
      });
      if (!table.classList.contains("sortable") || head.hasAttribute("data-plain") || !vi) return;
      var button = document.createElement("button");
      button.type = "button";
      button.append.apply(button, Array.from(head.childNodes));
      head.appendChild(button);
      button.addEventListener("click", function () { sort(table, column, button); });
    });
  }

  // On paper nobody can open a fold; what was closed is closed again afterwards.
  window.matchMedia("print").addEventListener("change", function (print) {
    document.querySelectorAll(print.matches ? "details:not([open])" : "details[data-opened]").forEach(function (fold) {
      fold.open = print.matches;
      fold.toggleAttribute("data-opened", print.matches);
    });
  });

  document.addEventListener("DOMContentLoaded", function () {
    document.querySelectorAll("table").forEach(function (table) { if (table.tHead && table.tBodies[0]) prepare(table); });
    document.querySelectorAll("[data-tools]").forEach(function (tools) {
      tools.hidden = document.getElementById(tools.dataset.tools).tBodies[0].rows.length < 2;
    });
    document.querySelectorAll("[data-filter]").forEach(function (input) {
      var table = document.getElementById(input.dataset.filter);
      input.addEventListener("input", function () { filter(table, input.value); });
    });
    document.querySelectorAll("button[data-language]").forEach(function (button) {
      button.addEventListener("click", function () {
        show(button.dataset.language);
        if (location.protocol !== "file:") return; // a server's page is remembered, and its address may be a question
        var address = location.pathname + "?lang=" + button.dataset.language + location.hash;
        try { history.replaceState(null, "", address); } catch (error) { /* a reload then shows the language before */ }
      });
    });
    show(root.dataset.lang);
  });
})();

// Reading needs none of this: it filters the two long tables, and opens what a link leads to.
for (const box of document.querySelectorAll("input[data-filter]")) {
  const rows = [...document.querySelectorAll(`#${box.dataset.filter} > tbody > tr`)];
  const texts = rows.map((row) => [...row.cells].map((cell) => cell.textContent).join(" ").toLowerCase());
  const count = box.closest(".filter").querySelector("output");
  box.closest(".filter").hidden = false;
  box.addEventListener("input", () => {
    // A word counts where one begins: "fail" is not to find XFAIL.
    const words = box.value.toLowerCase().split(/\s+/).filter(Boolean)
      .map((word) => new RegExp(`(^|[^a-z0-9])${word.replace(/[^a-z0-9]/g, "\\$&")}`));
    let shown = 0;
    rows.forEach((row, at) => {
      row.hidden = !words.every((word) => word.test(texts[at]));
      shown += !row.hidden;
    });
    count.textContent = words.length ? `${shown} of ${rows.length}` : "";
  });
}
const openTarget = () => {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target instanceof HTMLDetailsElement) target.open = true;
};
addEventListener("hashchange", openTarget);
openTarget();

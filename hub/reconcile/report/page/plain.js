"use strict";
// looks for words in the rows of a list; without scripts the list is whole
for (const field of document.querySelectorAll(".filters")) {
  const rows = [...field.parentElement.querySelectorAll(".row")];
  const [input, said] = field.children;
  const texts = rows.map((row) => row.textContent.toLowerCase());
  field.hidden = rows.length < 10;
  input.addEventListener("input", () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    rows.forEach((row, at) => {
      row.hidden = !words.every((word) => texts[at].includes(word));
      shown += row.hidden ? 0 : 1;
    });
    said.textContent = words.length ? `${shown} / ${rows.length}` : "";
  });
}

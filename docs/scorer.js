/* What comes first in the search: what is called as the query, then pages in which its words stand; of either, what
   the specification says of it. */
var Scorer = {
  score: ([page, , , , score, , kind]) =>
    score + (kind === "title" || kind === "object" ? 100 : 0) + (page.startsWith("specification/") ? 10 : 0),
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};

"""The style of the page of reports: light and dark, on a screen and on paper."""

from __future__ import annotations

from typing import Final

STYLE: Final = """
:root{color-scheme:light dark;--text:#1a1d21;--back:#fff;--line:#c9ced6;--soft:#f3f5f8;--bad:#a40020;--odd:#7a4b00;
--ok:#0a5a27;--dim:#4b535e}
@media (prefers-color-scheme:dark){:root{--text:#e8eaed;--back:#15181c;--line:#434a54;--soft:#20252b;--bad:#ff9aa8;
--odd:#f2c46d;--ok:#83d99f;--dim:#b3bac4}}
body{font:16px/1.5 system-ui,sans-serif;color:var(--text);background:var(--back);margin:0}
main{max-width:62rem;margin:0 auto;padding:1rem}
h1{font-size:1.6rem}h2{font-size:1.2rem;overflow-wrap:anywhere}h3{font-size:1.05rem;overflow-wrap:anywhere}
h4{font-size:1rem;margin:0}
section{border-top:1px solid var(--line);margin-top:1.5rem}
table{border-collapse:collapse}th,td{text-align:left;padding:.2rem .8rem .2rem 0;border-bottom:1px solid var(--line)}
.counts{display:flex;flex-wrap:wrap;gap:1rem;list-style:none;padding:0}
.bad{color:var(--bad)}.odd{color:var(--odd)}.ok{color:var(--ok)}.dim{color:var(--dim)}
.badge{border:1px solid currentcolor;border-radius:.3rem;padding:0 .4rem}
.small{font-size:.9rem;color:var(--dim)}
.finding{border-left:.3rem solid var(--line);background:var(--soft);padding:.5rem .8rem;margin:.7rem 0}
.finding.error{border-color:var(--bad)}.finding.warning{border-color:var(--odd)}
.finding p{margin:.3rem 0}
.finding dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem .8rem;margin:.3rem 0}
dt{color:var(--dim)}dd{margin:0;overflow-wrap:anywhere}
details dl{display:block}details dd{margin-left:1rem}
pre{overflow:auto;background:var(--back);border:1px solid var(--line);padding:.4rem;margin:.4rem 0}
mark{display:inline-block;min-width:100%;background:var(--soft);color:inherit;font-weight:600}
@media print{body{font-size:11pt}details>*{display:block}.finding{break-inside:avoid}}
""".replace("\n", "")
"""CSS; colours have a contrast of at least 4.5 to 1 in both."""

# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""A bar chart as SVG that can be read on a light and on a dark page."""
from xml.sax.saxutils import escape

STYLE = """
    text { font: 14px system-ui, -apple-system, "Segoe UI", "Helvetica Neue", sans-serif; fill: #1f2328; }
    .title { font-weight: 600; }
    .value { font-variant-numeric: tabular-nums; }
    .note { fill: #59636e; font-size: 12px; }
    .bar { fill: #afb8c1; }
    .ours { fill: #0969da; }
    @media (prefers-color-scheme: dark) {
      text { fill: #f0f6fc; }
      .note { fill: #9198a1; }
      .bar { fill: #4a525c; }
      .ours { fill: #4493f8; }
    }
"""
WIDTH, LABELS, VALUES, ROW, TOP = 760, 240, 130, 34, 56


def bars(rows, title):
    """`rows` have name, wall and ratio; the first one is ours."""
    scale = (WIDTH - LABELS - VALUES) / max(row["wall"] for row in rows)
    height = TOP + ROW * len(rows) + 30
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" role="img">',
             f"<title>{escape(title)}</title>", f"<style>{STYLE}</style>",
             f'<text class="title" x="16" y="28">{escape(title)}</text>']
    for i, row in enumerate(rows):
        y = TOP + i * ROW
        width = max(row["wall"] * scale, 2)
        value = f"{row['wall']:.2f} s" + (f"   {1 / row['ratio']:.1f}x" if i else "")
        parts += [f'<text x="{LABELS - 12}" y="{y + 17}" text-anchor="end">{escape(row["name"])}</text>',
                  f'<rect class="{"bar" if i else "ours"}" x="{LABELS}" y="{y}" width="{width:.1f}" height="24" rx="3"/>',
                  f'<text class="value" x="{LABELS + width + 8:.1f}" y="{y + 17}">{value}</text>']
    parts += [f'<text class="note" x="16" y="{height - 12}">Median of interleaved runs. modelsec alone ends with a verified, synced and '
              "activated file; 2.0x: takes twice as long.</text>", "</svg>", ""]
    return "\n".join(parts)

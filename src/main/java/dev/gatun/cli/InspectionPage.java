package dev.gatun.cli;

import dev.gatun.train.DataInspection;
import java.util.Locale;
import java.util.stream.Collectors;

/** The page of {@code inspect data --html}: one file, nothing is loaded from elsewhere. */
final class InspectionPage {
  private static final String HEAD =
      """
      <!doctype html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta http-equiv="Content-Security-Policy"
            content="default-src 'none'; style-src 'unsafe-inline'">
      <title>inspect data: CONFIG</title>
      <style>
      :root { color-scheme: light dark; --read: #777; --on: #1a7f37; --a: #c6f0d0; --b: #a5e3b5; }
      @media (prefers-color-scheme: dark) { :root { --read: #999; --a: #1d4d2b; --b: #276339; } }
      body { font: 16px/1.7 system-ui, "Noto Sans CJK KR", "Malgun Gothic", sans-serif;
             max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
      h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
      .row { border: 1px solid #8886; border-radius: 6px;
             padding: .6rem .8rem; margin: .8rem 0;
             white-space: pre-wrap; overflow-wrap: anywhere; }
      .row span { color: var(--read); border-right: 1px solid #8884; }
      .row sup { font-size: .6em; opacity: .7; }
      h3 { font-size: .9rem; font-weight: normal; color: var(--read); margin: 1.4rem 0 -.4rem; }
      .key { background: var(--a); padding: 0 .3em; }
      .row b { font-weight: normal; background: var(--a); }
      .row b:nth-of-type(even) { background: var(--b); }
      table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
      td, th { padding: .1rem .6rem; text-align: right; white-space: nowrap; }
      th { font-weight: normal; color: var(--read); }
      td:last-child { width: 90%; }
      .bar { background: var(--on); height: .9rem; border-radius: 2px; }
      </style>
      </head>
      <body>
      <h1>What CONFIG trains</h1>
      """;

  private InspectionPage() {}

  /** The page. */
  static String of(String config, DataInspection seen) {
    StringBuilder page = new StringBuilder(HEAD.replace("CONFIG", escaped(config)));
    page.append("<ul>\n");
    InspectionText.summary(seen)
        .forEach(line -> page.append("<li>").append(escaped(line)).append("</li>\n"));
    page.append("</ul>\n<h2>How long rows are</h2>\n<table>\n");
    page.append("<tr><th>tokens</th><th>rows</th><th></th></tr>\n");
    int largest = Math.max(1, InspectionText.largest(seen));
    for (InspectionText.Bar bar : InspectionText.bars(seen)) {
      page.append(
          String.format(
              Locale.ROOT,
              "<tr><td>%d–%d</td><td>%,d</td><td><div class=\"bar\" style=\"width:%.1f%%\">"
                  + "</div></td></tr>%n",
              bar.from(),
              bar.to(),
              bar.rows(),
              100.0 * bar.rows() / largest));
    }
    page.append("</table>\n<h2>The first rows</h2>\n");
    page.append(
        "<p><span class=\"key\">Green</span> tokens are trained; the others are only read.");
    page.append(" Point at a token for its id. A small number says that a character is so many");
    page.append(" tokens.</p>\n");
    int number = 0;
    for (DataInspection.Example example : seen.examples()) {
      number++;
      String caption = InspectionText.caption(number, example, seen.contextLength());
      page.append("<h3>").append(caption).append("</h3>\n");
      row(page, example);
    }
    return page.append("</body>\n</html>\n").toString();
  }

  private static void row(StringBuilder page, DataInspection.Example example) {
    page.append("<div class=\"row\">");
    for (DataInspection.Token token : example.tokens()) {
      String tag = token.trained() ? "b" : "span";
      String ids = token.ids().stream().map(String::valueOf).collect(Collectors.joining(" "));
      page.append("<%s title=\"%s\">".formatted(tag, ids))
          .append(escaped(InspectionText.visible(token.text())))
          .append(token.ids().size() > 1 ? "<sup>" + token.ids().size() + "</sup>" : "")
          .append("</" + tag + ">");
    }
    page.append("</div>\n");
  }

  static String escaped(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}

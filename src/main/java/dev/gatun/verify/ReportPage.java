package dev.gatun.verify;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A verification as one page of HTML that loads nothing from elsewhere. */
public final class ReportPage {
  private static final int MOST_FAILURES = 100;

  private static final String HEAD =
      """
      <!doctype html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta http-equiv="Content-Security-Policy"
            content="default-src 'none'; style-src 'unsafe-inline'">
      <title>gatun verify</title>
      <style>
      :root { color-scheme: light dark; --heat: 9 105 218; --bad: #cf222e; --good: #1a7f37;
              --line: #8884; --quiet: #656d76; }
      @media (prefers-color-scheme: dark) {
        :root { --heat: 88 166 255; --bad: #da3633; --good: #3fb950; --quiet: #9198a1; } }
      body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 76rem;
             padding: 0 1rem; }
      h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; }
      .verdict { font-weight: 600; } .pass { color: var(--good); } .fail { color: var(--bad); }
      .quiet, figcaption { color: var(--quiet); }
      .wide { overflow-x: auto; }
      table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
      th { font-weight: 600; text-align: left; padding: .2rem .6rem; }
      thead th { border-bottom: 1px solid var(--line); }
      td { padding: .2rem .6rem; text-align: right; border: 1px solid var(--line); }
      td.none { border-color: transparent; }
      td.bad { background: var(--bad); color: #fff; font-weight: 600; }
      .facts td { text-align: left; border: 0; } .facts th { vertical-align: top; }
      pre { white-space: pre-wrap; overflow-wrap: anywhere; border-left: 4px solid var(--bad);
            padding: .4rem .8rem; margin: .6rem 0; font-size: .85rem; }
      .histograms { display: flex; flex-wrap: wrap; gap: 1.4rem; }
      figure { margin: 0; width: 15.5rem; }
      svg { width: 100%; height: auto; display: block; }
      svg rect { fill: rgb(var(--heat)); } svg rect.bad { fill: var(--bad); }
      svg text { fill: var(--quiet); font-size: 9px; }
      svg line { stroke: var(--line); }
      </style>
      </head>
      <body>
      """;

  private final StringBuilder page = new StringBuilder(HEAD);
  private final List<Check> checks;

  private ReportPage(List<Check> checks) {
    this.checks = checks;
  }

  /**
   * The page.
   *
   * @param environment facts by name
   */
  public static String of(Map<String, String> environment, List<Check> checks) {
    ReportPage report = new ReportPage(checks);
    report.verdict();
    report.failures();
    report.heatMap("Operations", false);
    report.heatMap("Models", true);
    report.histograms();
    report.environment(environment);
    return report.page.append("</body>\n</html>\n").toString();
  }

  private void verdict() {
    long failed = checks.stream().filter(check -> !check.passes()).count();
    page.append("<h1>gatun verify</h1>\n<p class=\"verdict %s\">".formatted(sign(failed == 0)));
    page.append(
        failed == 0
            ? "All %,d comparisons pass.".formatted(checks.size())
            : "%,d of %,d comparisons do not pass.".formatted(failed, checks.size()));
    page.append("</p>\n");
  }

  private static String sign(boolean passes) {
    return passes ? "pass" : "fail";
  }

  /** The first failing comparison of each subject, the others folded away. */
  private void failures() {
    for (Summary group : Summary.of(checks)) {
      List<Check> failed = group.checks().stream().filter(check -> !check.passes()).toList();
      if (!failed.isEmpty()) {
        page.append(
            "<h2>%s: %s on %s: %,d of %,d do not pass</h2>%n"
                .formatted(
                    group.level(),
                    escaped(group.subject()),
                    escaped(group.column()),
                    failed.size(),
                    group.checks().size()));
        failure(failed.getFirst());
        if (failed.size() > 1) {
          page.append("<details><summary>the others</summary>\n");
          failed.stream().skip(1).limit(MOST_FAILURES).forEach(this::failure);
          page.append("</details>\n");
        }
      }
    }
  }

  private void failure(Check check) {
    page.append("<pre>" + escaped(check.toString()) + "</pre>\n");
  }

  /** A table of subjects by levels and columns, coloured by the share of the tolerance used. */
  private void heatMap(String title, boolean models) {
    List<Summary> all =
        Summary.of(checks.stream().filter(check -> check.level().isOfModels() == models).toList());
    if (all.isEmpty()) {
      return;
    }
    Map<String, Map<String, Summary>> rows = new LinkedHashMap<>();
    Set<Level> levels = new LinkedHashSet<>();
    Map<Level, Set<String>> columns = new LinkedHashMap<>();
    for (Summary cell : all) {
      levels.add(cell.level());
      columns.computeIfAbsent(cell.level(), absent -> new LinkedHashSet<>()).add(cell.column());
      rows.computeIfAbsent(cell.subject(), absent -> new LinkedHashMap<>())
          .put(cell.level() + " " + cell.column(), cell);
    }
    page.append("<h2>%s</h2>\n<p class=\"quiet\">".formatted(title));
    page.append("The largest share of a tolerance that was used; darker is more. Point at a cell");
    page.append(" for its numbers.</p>\n<div class=\"wide\"><table>\n<thead>\n<tr><th></th>");
    for (Level level : levels) {
      int span = columns.getOrDefault(level, Set.of()).size();
      page.append("<th colspan=\"%d\" title=\"%s\">".formatted(span, escaped(level.meaning())));
      page.append(level + "</th>");
    }
    page.append("</tr>\n<tr><th></th>");
    columns.values().stream()
        .flatMap(Collection::stream)
        .forEach(column -> page.append("<th>" + escaped(column) + "</th>"));
    page.append("</tr>\n</thead>\n<tbody>\n");
    rows.forEach(
        (subject, cells) -> {
          page.append("<tr><th>" + escaped(subject) + "</th>");
          columns.forEach(
              (level, names) -> names.forEach(name -> cell(cells.get(level + " " + name))));
          page.append("</tr>\n");
        });
    page.append("</tbody>\n</table></div>\n");
  }

  private void cell(@Nullable Summary cell) {
    if (cell == null) {
      page.append("<td class=\"none\"></td>");
      return;
    }
    String title = escaped("%s cases; %s".formatted(cell.checks().size(), cell.worst()));
    if (cell.failures() > 0) {
      page.append("<td class=\"bad\" title=\"%s\">%d fail</td>".formatted(title, cell.failures()));
      return;
    }
    double margin = cell.worst().margin();
    // From nothing at 10⁻⁶ to full colour at 1.
    double heat = margin == 0 ? 0 : Math.clamp(1 + Math.log10(margin) / 6, 0.05, 1) * 0.75;
    page.append(
        String.format(
            Locale.ROOT,
            "<td title=\"%s\" style=\"background:rgb(var(--heat) / %.2f)\">%s</td>",
            title,
            heat,
            margin == 0 ? "exact" : String.format(Locale.ROOT, "%.1f %%", 100 * margin)));
  }

  /** How many elements used which share of their tolerance, for each level and column. */
  private void histograms() {
    Map<String, List<Integer>> shares = new LinkedHashMap<>();
    for (Check check : checks) {
      List<Integer> own = check.errors().shares();
      shares.merge(check.level() + " on " + check.column(), own, ReportPage::sum);
    }
    page.append(
        "<h2>Errors</h2>\n<p class=\"quiet\">Elements by the share of their tolerance that");
    page.append(" their error is, on a logarithmic scale: exact, up to 10⁻⁶, ... up to 1, more.");
    page.append("</p>\n<div class=\"histograms\">\n");
    shares.forEach(this::histogram);
    page.append("</div>\n");
  }

  private static List<Integer> sum(List<Integer> a, List<Integer> b) {
    List<Integer> sum = new ArrayList<>();
    for (int i = 0; i < a.size(); i++) {
      sum.add(a.get(i) + b.get(i));
    }
    return sum;
  }

  private void histogram(String title, List<Integer> bins) {
    double most = Math.log1p(bins.stream().mapToInt(Integer::intValue).max().orElse(0));
    page.append("<figure><figcaption>" + escaped(title) + "</figcaption>");
    page.append("<svg viewBox=\"0 0 216 92\" role=\"img\" aria-label=\"");
    page.append(
        escaped(title + ": " + bins) + "\"><line x1=\"0\" y1=\"76\" x2=\"216\" y2=\"76\"/>");
    for (int i = 0; i < bins.size(); i++) {
      double height = most == 0 ? 0 : 70 * Math.log1p(bins.get(i)) / most;
      page.append(
          String.format(
              Locale.ROOT,
              "<rect class=\"%s\" x=\"%d\" y=\"%.1f\" width=\"20\" height=\"%.1f\">"
                  + "<title>%,d elements</title></rect>"
                  + "<text x=\"%d\" y=\"88\" text-anchor=\"middle\">%s</text>",
              i == bins.size() - 1 ? "bad" : "",
              24 * i + 2,
              76 - height,
              height,
              bins.get(i),
              24 * i + 12,
              Errors.label(i)));
    }
    page.append("</svg></figure>\n");
  }

  private void environment(Map<String, String> environment) {
    page.append("<h2>Environment</h2>\n<table class=\"facts\">\n");
    environment.forEach(
        (name, value) ->
            page.append("<tr><th>%s</th><td>%s</td></tr>%n".formatted(name, escaped(value))));
    page.append("</table>\n");
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}

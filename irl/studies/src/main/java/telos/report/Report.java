package telos.report;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import telos.study.RunDirectory;

/// Writes `report.html` from what a run has left in its directory so far; an unfinished run has
/// curves but no verdicts.
public final class Report {
  private static final String CHART_LIBRARY =
      "META-INF/resources/webjars/chart.js/4.5.1/dist/chart.umd.min.js";

  private Report() {}

  /// Writes the report and returns its path.
  public static Path write(RunDirectory directory) throws IOException {
    directory.write("report.html", html(directory));
    return directory.path().resolve("report.html");
  }

  private static String html(RunDirectory directory) throws IOException {
    Map<String, @Nullable Object> run = directory.run();
    Map<String, @Nullable Object> results =
        directory.has("results.json") ? directory.read("results.json") : Map.of();
    var curves = new Curves(directory.metrics());
    var claims = new ClaimsTable(results);
    Map<String, String> parts =
        Map.of(
            "TITLE", Html.escape(title(run)),
            "STYLE", resource("report.css"),
            "BODY", body(run, results, claims, curves),
            "DATA", Html.script(JSON.std.asString(data(results, curves))),
            "LIBRARY", library(),
            "SCRIPT", resource("report.js"));
    // One pass: what is filled in is not searched for places again.
    return Pattern.compile("@(TITLE|STYLE|BODY|DATA|LIBRARY|SCRIPT)@")
        .matcher(resource("report.html"))
        .replaceAll(place -> Matcher.quoteReplacement(parts.getOrDefault(place.group(1), "")));
  }

  private static String title(Map<String, @Nullable Object> run) {
    Object name = run.getOrDefault("study", run.getOrDefault("command", "run"));
    return "telos: " + name;
  }

  private static Map<String, Object> data(Map<String, @Nullable Object> results, Curves curves) {
    List<String> order =
        Fields.objects(results.get("arms")).stream().map(a -> Fields.text(a, "name")).toList();
    return Map.of("arms", order, "charts", curves.json());
  }

  private static String body(
      Map<String, @Nullable Object> run,
      Map<String, @Nullable Object> results,
      ClaimsTable claims,
      Curves curves) {
    return header(run, results, claims)
        + notes(results)
        + claims.html()
        + new ArmsTable(results).html()
        + (curves.isEmpty() ? "" : "<section><h2>Curves</h2><div id=\"charts\"></div></section>\n")
        + worlds(results)
        + details("Configuration", Fields.object(run.get("config")))
        + details("Versions", Fields.object(run.get("versions")));
  }

  private static String header(
      Map<String, @Nullable Object> run,
      Map<String, @Nullable Object> results,
      ClaimsTable claims) {
    Object question = run.get("question");
    return """
    <header><h1>%s</h1><p class="paper">%s</p><p class="muted">%s</p><p>%s</p></header>
    """
        .formatted(
            Html.escape(question == null ? title(run) : question),
            paper(Fields.object(run.get("paper"))),
            Html.escape(circumstances(run, results)),
            results.isEmpty() ? unfinished(run) : claims.summary());
  }

  private static String unfinished(Map<String, @Nullable Object> run) {
    return run.containsKey("study")
        ? ClaimsTable.pill("undecided", "This run is not finished: no verdicts yet.")
        : "";
  }

  private static String paper(Map<?, ?> paper) {
    return paper.isEmpty()
        ? ""
        : "%s. <i>%s</i>. %s, %s."
            .formatted(
                Html.escape(paper.get("authors")),
                Html.escape(paper.get("title")),
                Html.escape(paper.get("reference")),
                Html.escape(paper.get("year")));
  }

  private static String circumstances(
      Map<String, @Nullable Object> run, Map<String, @Nullable Object> results) {
    var parts = new java.util.ArrayList<String>();
    run.forEach((key, value) -> {
      if (List.of("study", "command", "profile", "seeds", "seed", "data", "started").contains(key)
          && value != null) {
        parts.add(key + " " + readable(key, value));
      }
    });
    double seconds = Fields.number(results.get("seconds"));
    if (!Double.isNaN(seconds)) {
      parts.add("took " + Html.number(seconds) + " s");
    }
    return String.join(" · ", parts);
  }

  /// A moment to the minute; everything else as it is.
  private static Object readable(String key, Object value) {
    return key.equals("started")
        ? value.toString().replaceFirst("^(.{10})T(.{5}).*", "$1 $2 UTC")
        : value;
  }

  private static String notes(Map<String, @Nullable Object> results) {
    String items =
        Fields.list(results.get("notes")).stream()
            .map(n -> "<li>" + Html.escape(n) + "</li>")
            .collect(Collectors.joining());
    return items.isEmpty() ? "" : "<section><h2>Notes</h2><ul>" + items + "</ul></section>\n";
  }

  private static String worlds(Map<String, @Nullable Object> results) {
    String rows =
        Fields.objects(results.get("worlds")).stream()
            .map(w ->
                "<tr><td><b>%s</b><div class=\"muted\">%s</div></td><td class=\"n\">%s</td><td class=\"n\">%s</td></tr>%n"
                    .formatted(
                        Html.escape(w.get("name")),
                        Html.escape(w.get("description")),
                        Html.number(Fields.number(w.get("random"))),
                        Html.number(Fields.number(w.get("best")))))
            .collect(Collectors.joining());
    return rows.isEmpty()
        ? ""
        : "<section><h2>Worlds</h2><table><thead><tr><th>World</th><th class=\"n\">Random"
            + " score</th><th class=\"n\">Best score</th></tr></thead><tbody>"
            + rows
            + "</tbody></table></section>\n";
  }

  private static String details(String title, Map<?, ?> values) {
    String rows =
        values.entrySet().stream()
            .map(e ->
                "<tr><td>%s</td><td><code>%s</code></td></tr>%n"
                    .formatted(Html.escape(e.getKey()), Html.escape(e.getValue())))
            .collect(Collectors.joining());
    return rows.isEmpty()
        ? ""
        : "<details><summary>%s</summary><table>%s</table></details>%n".formatted(title, rows);
  }

  /// The charting library, less the reference to its source map: a browser's tools would look for
  /// it.
  private static String library() throws IOException {
    return read(Report.class.getClassLoader().getResourceAsStream(CHART_LIBRARY), CHART_LIBRARY)
        .replaceAll("(?m)^//# sourceMappingURL=.*$", "");
  }

  private static String resource(String name) throws IOException {
    return read(Report.class.getResourceAsStream(name), name);
  }

  private static String read(@Nullable InputStream resource, String name) throws IOException {
    if (resource == null) {
      throw new FileNotFoundException(
          "The program was built without '%s'; build it again".formatted(name));
    }
    try (resource) {
      return new String(resource.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}

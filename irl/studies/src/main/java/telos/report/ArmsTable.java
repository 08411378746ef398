package telos.report;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// One row per arm, one column per metric: mean over seeds and interval; the values by seed on
/// hover.
final class ArmsTable {
  private final List<? extends Map<?, ?>> arms;
  private final List<? extends Map<?, ?>> series;

  ArmsTable(Map<?, ?> results) {
    arms = Fields.objects(results.get("arms"));
    series = Fields.objects(results.get("series"));
  }

  String html() {
    return table("Methods and references", role -> !role.equals("CONTROL"))
        + table("Controls", role -> role.equals("CONTROL"))
        + undeclared();
  }

  private String table(String title, Predicate<String> roles) {
    var chosen = arms.stream().filter(a -> roles.test(Fields.text(a, "role"))).toList();
    return table(title, chosen);
  }

  /// Measurements filed under names that are no arm of the plan.
  private String undeclared() {
    Set<String> known = arms.stream().map(a -> Fields.text(a, "name")).collect(Collectors.toSet());
    return table(
        "Other measurements",
        series.stream()
            .map(s -> Fields.text(s, "arm"))
            .filter(name -> !known.contains(name))
            .distinct()
            .map(name -> Map.of("name", name))
            .toList());
  }

  private String table(String title, List<? extends Map<?, ?>> rows) {
    Set<String> names = rows.stream().map(a -> Fields.text(a, "name")).collect(Collectors.toSet());
    var metrics = new LinkedHashSet<String>();
    series.stream()
        .filter(s -> names.contains(Fields.text(s, "arm")))
        .forEach(s -> metrics.add(Fields.text(s, "metric")));
    if (rows.isEmpty()) {
      return "";
    }
    String head =
        metrics.stream()
            .map(m -> "<th class=\"n\">" + Html.escape(m) + "</th>")
            .collect(Collectors.joining());
    String body = rows.stream().map(a -> row(a, metrics)).collect(Collectors.joining());
    return """
    <section><h2>%s</h2><div class="wide"><table><thead><tr><th>Arm</th>%s</tr></thead><tbody>
    %s</tbody></table></div></section>
    """
        .formatted(title, head, body);
  }

  private String row(Map<?, ?> arm, Set<String> metrics) {
    String name = Fields.text(arm, "name");
    String cells = metrics.stream().map(m -> cell(find(name, m))).collect(Collectors.joining());
    return "<tr><td><b>%s</b><div class=\"muted\">%s</div></td>%s</tr>%n"
        .formatted(Html.escape(name), Html.escape(Fields.text(arm, "description")), cells);
  }

  private @Nullable Map<?, ?> find(String arm, String metric) {
    Stream<? extends Map<?, ?>> found =
        series.stream()
            .filter(
                s -> Fields.text(s, "arm").equals(arm) && Fields.text(s, "metric").equals(metric));
    return found.findFirst().orElse(null);
  }

  private static String cell(@Nullable Map<?, ?> series) {
    if (series == null) {
      return "<td class=\"n muted\">–</td>";
    }
    double low = Fields.number(series.get("low"));
    boolean bounded = Double.isFinite(low);
    return "<td class=\"n\" title=\"%s\">%s<div class=\"muted\">%s</div></td>"
        .formatted(
            Html.escape(bySeed(series)),
            Html.number(Fields.number(series.get("estimate"))),
            bounded ? Html.interval(low, Fields.number(series.get("high"))) : "one seed");
  }

  private static String bySeed(Map<?, ?> series) {
    List<?> seeds = Fields.list(series.get("seeds"));
    List<?> values = Fields.list(series.get("values"));
    return java.util.stream.IntStream.range(0, Math.min(seeds.size(), values.size()))
        .mapToObj(i -> "seed " + seeds.get(i) + ": " + Html.number(Fields.number(values.get(i))))
        .collect(Collectors.joining("\n"));
  }
}

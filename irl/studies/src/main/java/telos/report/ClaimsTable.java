package telos.report;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;

/// The claims with measured value, interval, threshold and verdict, and beside each the same metric
/// of the controls and references.
final class ClaimsTable {
  private static final String HEAD =
      """
      <table class="claims"><thead><tr><th>Claim</th><th>Statement</th><th class="n">Measured</th>\
      <th class="n">95 % interval</th><th class="n">Threshold</th><th></th><th>Verdict</th></tr></thead><tbody>
      """;

  private final List<? extends Map<?, ?>> claims;
  private final List<? extends Map<?, ?>> arms;
  private final List<? extends Map<?, ?>> series;

  ClaimsTable(Map<?, ?> results) {
    claims = Fields.objects(results.get("claims"));
    arms = Fields.objects(results.get("arms"));
    series = Fields.objects(results.get("series"));
  }

  String html() {
    return claims.isEmpty()
        ? ""
        : "<section><h2>Claims</h2>"
            + HEAD
            + claims.stream().map(this::row).collect(Collectors.joining())
            + "</tbody></table></section>";
  }

  /// E.g. `3 reached, 1 undecided, 1 not reached`.
  String summary() {
    return List.of("reached", "undecided", "not reached").stream()
        .map(v ->
            pill(
                v,
                claims.stream().filter(c -> Fields.text(c, "verdict").equals(v)).count() + " " + v))
        .collect(Collectors.joining(" "));
  }

  private String row(Map<?, ?> claim) {
    String verdict = Fields.text(claim, "verdict");
    return """
    <tr><td><b>%s</b></td><td>%s<div class="muted">%s, %s</div>%s</td><td class="n"><b>%s</b></td>\
    <td class="n">%s</td><td class="n">%s</td><td>%s</td><td>%s<div class="muted">%s</div></td></tr>
    """
        .formatted(
            Html.escape(claim.get("name")),
            Html.escape(claim.get("statement")),
            Html.escape(claim.get("quantity")),
            count(claim),
            beside(claim),
            measured(claim),
            interval(claim),
            Html.escape(claim.get("threshold")),
            picture(claim),
            pill(verdict, Html.escape(verdict)),
            Html.escape(claim.get("reason")));
  }

  private static String count(Map<?, ?> claim) {
    long n = (long) Fields.number(claim.get("count"));
    return n == 0 ? "not measured" : "n = " + n;
  }

  private static String measured(Map<?, ?> claim) {
    double estimate = Fields.number(claim.get("estimate"));
    return Double.isNaN(estimate) ? "–" : Html.number(estimate);
  }

  private static String interval(Map<?, ?> claim) {
    double low = Fields.number(claim.get("low"));
    return !Double.isFinite(low) ? "–" : Html.interval(low, Fields.number(claim.get("high")));
  }

  static String pill(String verdict, String text) {
    return "<span class=\"pill %s\">%s</span>"
        .formatted(verdict.toLowerCase(Locale.ROOT).replaceAll("[^a-z]+", "-"), text);
  }

  /// What controls and references score on the claim's metric.
  private String beside(Map<?, ?> claim) {
    String metric = Fields.text(claim, "metric");
    Set<String> others =
        arms.stream()
            .filter(a -> !Fields.text(a, "role").equals("METHOD"))
            .map(a -> Fields.text(a, "name"))
            .collect(Collectors.toSet());
    String list =
        series.stream()
            .filter(s ->
                Fields.text(s, "metric").equals(metric) && others.contains(Fields.text(s, "arm")))
            .map(s ->
                Html.escape(s.get("arm"))
                    + " <b>"
                    + Html.number(Fields.number(s.get("estimate")))
                    + "</b>")
            .collect(Collectors.joining(" · "));
    return list.isEmpty() ? "" : "<div class=\"muted\">Beside it: " + list + "</div>";
  }

  /// The interval on a line, with the values that satisfy the claim shaded.
  private static String picture(Map<?, ?> claim) {
    List<?> band = Fields.list(claim.get("band"));
    double low = Fields.number(claim.get("low"));
    double high = Fields.number(claim.get("high"));
    if (band.size() != 2 || !Double.isFinite(low) || !Double.isFinite(high)) {
      return "";
    }
    double from = Fields.number(band.get(0));
    double to = Fields.number(band.get(1));
    double[] ends = DoubleStream.of(low, high, from, to).filter(Double::isFinite).toArray();
    double min = DoubleStream.of(ends).min().orElse(0);
    double width = Math.max(DoubleStream.of(ends).max().orElse(1) - min, 1e-12);
    var scale = new Scale(min - 0.15 * width, 1.3 * width);
    return """
    <svg class="ci" viewBox="0 0 120 18" role="img" aria-label="interval against threshold">\
    <rect class="band" x="%1$s" y="1" width="%2$s" height="16"/>\
    <line class="bar" x1="%3$s" x2="%4$s" y1="9" y2="9"/><circle class="dot" cx="%5$s" cy="9" r="3.2"/></svg>\
    """
        .formatted(
            scale.at(from),
            Scale.text(scale.position(to) - scale.position(from)),
            scale.at(low),
            scale.at(high),
            scale.at(Fields.number(claim.get("estimate"))));
  }

  /// Maps values to the 120 units of the picture.
  private record Scale(double min, double width) {
    double position(double value) {
      return Math.clamp((value - min) / width * 120, 0, 120);
    }

    String at(double value) {
      return text(position(value));
    }

    static String text(double units) {
      return String.format(Locale.ROOT, "%.1f", units);
    }
  }
}

package telos.report;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Text and numbers as HTML.
final class Html {
  private Html() {}

  /// Escapes text for element content and quoted attributes.
  static String escape(@Nullable Object text) {
    return String.valueOf(text)
        .replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;")
        .replace("'", "&#39;");
  }

  /// JSON for a `<script>` element: no `<` is left, so nothing in it can end the element or begin a
  /// comment; the two separators are line ends to some parsers.
  static String script(String json) {
    return json.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029");
  }

  /// Four significant digits; scientific only where positions would be unreadable.
  static String number(double value) {
    if (Double.isNaN(value)) {
      return "not a number";
    }
    if (Double.isInfinite(value)) {
      return value > 0 ? "∞" : "−∞";
    }
    double size = Math.abs(value);
    if (size != 0 && (size >= 1e6 || size < 1e-3)) {
      return String.format(Locale.ROOT, "%.2e", value).replace("-", "−");
    }
    int decimals = size >= 1000 ? 0 : size >= 100 ? 1 : size >= 10 ? 2 : 3;
    return String.format(Locale.ROOT, "%." + decimals + "f", value).replace("-", "−");
  }

  /// A confidence interval.
  static String interval(double low, double high) {
    return "[" + number(low) + ", " + number(high) + "]";
  }
}

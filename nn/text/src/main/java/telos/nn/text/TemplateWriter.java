package telos.nn.text;

import java.math.BigDecimal;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import telos.nn.text.TemplateSource.Fault;

/// Values as text: as Python's `str` and `repr` write them, and as JSON as `json.dumps` does.
final class TemplateWriter {
  private final TemplateBudget budget;

  TemplateWriter(TemplateBudget budget) {
    this.budget = budget;
  }

  /// Python's `str`. Whatever is no string becomes content.
  TemplateText string(TemplateValue value) {
    if (value instanceof TemplateValue.Text(var text)) {
      return text;
    }
    if (value instanceof TemplateValue.Undefined) {
      return TemplateText.EMPTY;
    }
    var out = new StringBuilder();
    represent(value, out);
    return TemplateText.content(out.toString());
  }

  private void represent(TemplateValue value, StringBuilder out) {
    budget.enter();
    int from = out.length();
    switch (value) {
      case TemplateValue.Text text -> quote(text.chars(), out);
      case TemplateValue.Int(var number) -> out.append(number);
      case TemplateValue.Real(var number) -> out.append(real(number));
      case TemplateValue.Truth truth ->
          out.append(truth == TemplateValue.Truth.TRUE ? "True" : "False");
      case TemplateValue.None _ -> out.append("None");
      case TemplateValue.Undefined _ -> out.append("Undefined");
      case TemplateValue.Items(var items, var tuple) -> {
        out.append(tuple ? "(" : "[");
        items(items, out);
        out.append(tuple ? items.size() == 1 ? ",)" : ")" : "]");
      }
      case TemplateValue.Dict(var fields) -> fields(fields, out);
      default -> throw new Fault("%s has no text".formatted(TemplateValue.kind(value)));
    }
    budget.spend(Math.max(0, out.length() - from));
    budget.leave();
  }

  private void items(List<TemplateValue> items, StringBuilder out) {
    var separator = "";
    for (var item : items) {
      out.append(separator);
      represent(item, out);
      separator = ", ";
    }
  }

  private void fields(Map<String, TemplateValue> fields, StringBuilder out) {
    var separator = "{";
    for (var field : fields.entrySet()) {
      out.append(separator);
      quote(field.getKey(), out);
      out.append(": ");
      represent(field.getValue(), out);
      separator = ", ";
    }
    out.append(fields.isEmpty() ? "{}" : "}");
  }

  private static void quote(String text, StringBuilder out) {
    char quote = text.indexOf('\'') >= 0 && text.indexOf('"') < 0 ? '"' : '\'';
    out.append(quote);
    text.codePoints()
        .forEach(c -> {
          switch (c) {
            case '\\' -> out.append("\\\\");
            case '\n' -> out.append("\\n");
            case '\r' -> out.append("\\r");
            case '\t' -> out.append("\\t");
            default -> quoted(c, quote, out);
          }
        });
    out.append(quote);
  }

  private static void quoted(int c, char quote, StringBuilder out) {
    if (c == quote) {
      out.append('\\').append(quote);
    } else if (c == ' ' || printable(c)) {
      out.appendCodePoint(c);
    } else {
      out.append((c < 0x100 ? "\\x%02x" : c < 0x10000 ? "\\u%04x" : "\\U%08x").formatted(c));
    }
  }

  private static boolean printable(int c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SPACE_SEPARATOR ->
          false;
      default -> true;
    };
  }

  /// The shortest digits that read back to the number, with an exponent where Python has one: below
  /// 1e-4 and from 1e16 on.
  static String real(double number) {
    if (!Double.isFinite(number)) {
      return Double.isNaN(number) ? "nan" : number > 0 ? "inf" : "-inf";
    }
    var exact = new BigDecimal(Double.toString(number)).stripTrailingZeros();
    int exponent = exact.precision() - exact.scale() - 1;
    var sign = number < 0 || 1 / number < 0 ? "-" : "";
    if (number == 0) {
      return sign + "0.0";
    }
    if (exponent >= -4 && exponent < 16) {
      var plain = exact.abs().toPlainString();
      return sign + plain + (plain.contains(".") ? "" : ".0");
    }
    var digits = exact.unscaledValue().abs().toString();
    var fraction = digits.length() > 1 ? "." + digits.substring(1) : "";
    return "%s%s%se%s%02d"
        .formatted(sign, digits.charAt(0), fraction, exponent < 0 ? "-" : "+", Math.abs(exponent));
  }

  /// How JSON is laid out.
  ///
  /// @param indent spaces for each level, negative for one line
  /// @param comma between items
  /// @param colon between a name and its value
  record Layout(int indent, String comma, String colon) {}

  /// JSON, every character of which is content.
  TemplateText json(TemplateValue value, Layout layout) {
    var out = new StringBuilder();
    json(value, layout, "\n", out);
    return TemplateText.content(out.toString());
  }

  private void json(TemplateValue value, Layout layout, String line, StringBuilder out) {
    budget.enter();
    int from = out.length();
    switch (value) {
      case TemplateValue.Text text -> escape(text.chars(), out);
      case TemplateValue.Int(var number) -> out.append(number);
      case TemplateValue.Real(var number) -> out.append(jsonReal(number));
      case TemplateValue.Truth truth -> out.append(truth == TemplateValue.Truth.TRUE);
      case TemplateValue.None _ -> out.append("null");
      case TemplateValue.Items(var items, _) ->
          nested('[', items.iterator(), ']', layout, line, out, this::json);
      case TemplateValue.Dict(var fields) ->
          nested(
              '{',
              fields.entrySet().iterator(),
              '}',
              layout,
              line,
              out,
              (field, l, inner, o) -> {
                escape(field.getKey(), o);
                o.append(l.colon());
                json(field.getValue(), l, inner, o);
              });
      default -> throw new Fault("JSON has no form for %s".formatted(TemplateValue.kind(value)));
    }
    budget.spend(Math.max(0, out.length() - from));
    budget.leave();
  }

  private static String jsonReal(double number) {
    return Double.isNaN(number)
        ? "NaN"
        : Double.isInfinite(number) ? number > 0 ? "Infinity" : "-Infinity" : real(number);
  }

  /// Writes one item of a list or of a dictionary.
  private interface Item<T> {
    void write(T item, Layout layout, String line, StringBuilder out);
  }

  private static <T> void nested(
      char open,
      Iterator<T> items,
      char close,
      Layout layout,
      String line,
      StringBuilder out,
      Item<T> item) {
    out.append(open);
    boolean lines = layout.indent() >= 0 && items.hasNext();
    var inner = lines ? line + " ".repeat(layout.indent()) : line;
    while (items.hasNext()) {
      out.append(lines ? inner : "");
      item.write(items.next(), layout, inner, out);
      out.append(items.hasNext() ? layout.comma() : "");
    }
    out.append(lines ? line : "").append(close);
  }

  private static void escape(String text, StringBuilder out) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        case '\b' -> out.append("\\b");
        case '\f' -> out.append("\\f");
        default -> {
          if (c < ' ') {
            out.append("\\u%04x".formatted((int) c));
          } else {
            out.append(c);
          }
        }
      }
    }
    out.append('"');
  }
}

package telos.nn.text;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// What an expression of a template can be. All but a namespace are immutable.
sealed interface TemplateValue {
  /// A string.
  record Text(TemplateText text) implements TemplateValue {
    static Text literal(String chars) {
      return new Text(TemplateText.literal(chars));
    }

    static Text content(String chars) {
      return new Text(TemplateText.content(chars));
    }

    String chars() {
      return text.chars();
    }
  }

  /// A whole number of 64 bits.
  record Int(long value) implements TemplateValue {}

  /// A floating-point number.
  record Real(double value) implements TemplateValue {}

  /// True or false.
  enum Truth implements TemplateValue {
    /// False.
    FALSE,
    /// True.
    TRUE;

    static Truth of(boolean value) {
      return value ? TRUE : FALSE;
    }
  }

  /// Python's `None`.
  enum None implements TemplateValue {
    /// The only one.
    NONE
  }

  /// What is not there; prints as nothing.
  record Undefined(String name) implements TemplateValue {}

  /// A list or a tuple.
  record Items(List<TemplateValue> items, boolean tuple) implements TemplateValue {}

  /// A dictionary with string keys, in order.
  record Dict(Map<String, TemplateValue> fields) implements TemplateValue {}

  /// Names that `set` can change from inside of a loop.
  final class Namespace implements TemplateValue {
    final Map<String, TemplateValue> fields = new HashMap<>();
  }

  /// A macro with the names it sees.
  record Macro(TemplateNode.MacroDefinition definition, TemplateScope scope)
      implements TemplateValue {}

  /// The variable `loop`.
  record Loop(List<TemplateValue> items, int index) implements TemplateValue {}

  /// How an error calls a value.
  static String kind(TemplateValue value) {
    return switch (value) {
      case Text _ -> "a string";
      case Int _ -> "an integer";
      case Real _ -> "a float";
      case Truth _ -> "a boolean";
      case None _ -> "none";
      case Undefined(var name) -> "\"%s\", which is undefined".formatted(name);
      case Items(_, var tuple) -> tuple ? "a tuple" : "a list";
      case Dict _ -> "a dictionary";
      case Namespace _ -> "a namespace";
      case Macro(var definition, _) -> "the macro \"%s\"".formatted(definition.name());
      case Loop _ -> "the loop variable";
    };
  }
}

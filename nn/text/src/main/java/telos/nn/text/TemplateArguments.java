package telos.nn.text;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import telos.nn.text.TemplateSource.Fault;

/// The values in the brackets of a call.
///
/// @param of what is called, for errors
record TemplateArguments(
    String of, List<TemplateValue> positional, Map<String, TemplateValue> named) {
  /// Refuses what is not among the parameters.
  void only(String... parameters) {
    if (positional.size() > parameters.length) {
      throw new Fault(
          "%s takes at most %d arguments, not %d"
              .formatted(of, parameters.length, positional.size()));
    }
    for (var name : named.keySet()) {
      int place = List.of(parameters).indexOf(name);
      if (place < 0) {
        throw new Fault("%s takes no argument \"%s\"".formatted(of, name));
      }
      if (place < positional.size()) {
        throw new Fault("%s is given \"%s\" twice".formatted(of, name));
      }
    }
  }

  Optional<TemplateValue> at(int place, String name) {
    return place < positional.size()
        ? Optional.of(positional.get(place))
        : Optional.ofNullable(named.get(name));
  }

  TemplateValue required(int place, String name) {
    return at(place, name)
        .orElseThrow(() -> new Fault("%s needs the argument \"%s\"".formatted(of, name)));
  }

  /// A string, or `none` for none.
  Optional<TemplateText> text(int place, String name) {
    return switch (at(place, name).orElse(TemplateValue.None.NONE)) {
      case TemplateValue.None _ -> Optional.empty();
      case TemplateValue.Text(var text) -> Optional.of(text);
      case TemplateValue other ->
          throw new Fault(
              "\"%s\" of %s is %s, not a string".formatted(name, of, TemplateValue.kind(other)));
    };
  }

  TemplateText requiredText(int place, String name) {
    return text(place, name)
        .orElseThrow(() -> new Fault("%s needs the string \"%s\"".formatted(of, name)));
  }

  /// An integer, or `none` for none.
  Optional<Long> integer(int place, String name) {
    var value = at(place, name).orElse(TemplateValue.None.NONE);
    return value instanceof TemplateValue.None
        ? Optional.empty()
        : Optional.of(TemplateOperators.integer(value));
  }
}

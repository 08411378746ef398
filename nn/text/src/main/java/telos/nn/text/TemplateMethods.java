package telos.nn.text;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import telos.nn.text.TemplateSource.Fault;
import telos.nn.text.TemplateValue.Dict;
import telos.nn.text.TemplateValue.Int;
import telos.nn.text.TemplateValue.Items;
import telos.nn.text.TemplateValue.Loop;
import telos.nn.text.TemplateValue.Namespace;
import telos.nn.text.TemplateValue.None;
import telos.nn.text.TemplateValue.Text;
import telos.nn.text.TemplateValue.Truth;
import telos.nn.text.TemplateValue.Undefined;

/// Methods and fields of values, as far as they change nothing.
final class TemplateMethods {
  private static final Set<String> OF_DICT = Set.of("items", "keys", "values", "get");
  private final TemplateBudget budget;
  private final TemplateOperators operators;

  TemplateMethods(TemplateBudget budget, TemplateOperators operators) {
    this.budget = budget;
    this.operators = operators;
  }

  /// `value.name`, where it is not called.
  static TemplateValue field(TemplateValue value, String name) {
    return switch (value) {
      case Dict(var fields) -> {
        if (OF_DICT.contains(name)) {
          throw new Fault(
              "\"%s\" is a method here: call it, or write [\"%s\"] for the field"
                  .formatted(name, name));
        }
        yield fields.getOrDefault(name, new Undefined(name));
      }
      case Namespace namespace -> namespace.fields.getOrDefault(name, new Undefined(name));
      case Loop loop -> field(loop, name);
      case Undefined _ ->
          throw new Fault("\"%s\" is sought in %s".formatted(name, TemplateValue.kind(value)));
      default -> new Undefined(name);
    };
  }

  private static TemplateValue field(Loop loop, String name) {
    int index = loop.index();
    int size = loop.items().size();
    return switch (name) {
      case "index" -> new Int(index + 1);
      case "index0" -> new Int(index);
      case "revindex" -> new Int(size - index);
      case "revindex0" -> new Int(size - index - 1);
      case "first" -> Truth.of(index == 0);
      case "last" -> Truth.of(index == size - 1);
      case "length" -> new Int(size);
      case "depth" -> new Int(1); // counts recursive loops alone
      case "depth0" -> new Int(0);
      case "previtem" -> index == 0 ? new Undefined(name) : loop.items().get(index - 1);
      case "nextitem" -> index == size - 1 ? new Undefined(name) : loop.items().get(index + 1);
      default -> throw new Fault("\"loop.%s\" is not supported".formatted(name));
    };
  }

  TemplateValue call(TemplateValue value, String name, TemplateArguments given) {
    return switch (value) {
      case Text(var text) -> of(text, name, given);
      case Dict(var fields) when OF_DICT.contains(name) -> of(fields, name, given);
      case Loop(var items, var index) when name.equals("cycle") -> cycle(given, index, items);
      default ->
          throw new Fault(
              "the method \"%s\" of %s is not supported"
                  .formatted(name, TemplateValue.kind(value)));
    };
  }

  private static TemplateValue cycle(
      TemplateArguments given, int index, List<TemplateValue> items) {
    if (given.positional().isEmpty() || items.isEmpty()) {
      throw new Fault("\"loop.cycle\" needs values");
    }
    return given.positional().get(index % given.positional().size());
  }

  private static TemplateValue of(
      Map<String, TemplateValue> fields, String name, TemplateArguments given) {
    if (name.equals("get")) {
      given.only("key", "default");
      return given.required(0, "key") instanceof Text key
          ? fields.getOrDefault(key.chars(), given.at(1, "default").orElse(None.NONE))
          : given.at(1, "default").orElse(None.NONE);
    }
    given.only();
    return switch (name) {
      case "items" -> pairs(fields);
      case "values" -> new Items(List.copyOf(fields.values()), false);
      default ->
          new Items(
              fields.keySet().stream().map(key -> (TemplateValue) Text.content(key)).toList(),
              false);
    };
  }

  static Items pairs(Map<String, TemplateValue> fields) {
    var pairs = new ArrayList<TemplateValue>();
    fields.forEach((key, value) -> pairs.add(new Items(List.of(Text.content(key), value), true)));
    return new Items(pairs, false);
  }

  private TemplateValue of(TemplateText text, String name, TemplateArguments given) {
    budget.spend(text.length());
    return switch (name) {
      case "strip", "lstrip", "rstrip" -> {
        given.only("chars");
        var set = given.text(0, "chars").map(TemplateText::chars).orElse("");
        yield new Text(text.stripped(set, !name.equals("rstrip"), !name.equals("lstrip")));
      }
      case "split", "rsplit" -> {
        given.only("sep", "maxsplit");
        yield split(text, given, name.equals("rsplit"));
      }
      case "splitlines" -> {
        given.only();
        yield lines(text);
      }
      case "replace" -> {
        given.only("old", "new", "count");
        yield replace(text, given);
      }
      case "join" -> {
        given.only("items");
        yield join(text, operators.items(given.required(0, "items")));
      }
      case "startswith", "endswith" -> {
        given.only("affix");
        yield Truth.of(
            affixed(text.chars(), given.required(0, "affix"), name.equals("startswith")));
      }
      case "find", "count" -> {
        given.only("sub");
        var sought = given.requiredText(0, "sub").chars();
        yield new Int(
            name.equals("find") ? find(text.chars(), sought) : count(text.chars(), sought));
      }
      default -> {
        given.only();
        yield plain(text, name);
      }
    };
  }

  private static TemplateValue plain(TemplateText text, String name) {
    var chars = text.chars();
    return switch (name) {
      case "upper" -> new Text(text.rewritten(chars.toUpperCase(Locale.ROOT)));
      case "lower" -> new Text(text.rewritten(chars.toLowerCase(Locale.ROOT)));
      case "title" -> new Text(text.rewritten(title(chars)));
      case "capitalize" -> new Text(text.rewritten(capitalized(chars)));
      case "isdigit" ->
          Truth.of(!chars.isEmpty() && chars.codePoints().allMatch(Character::isDigit));
      case "isalpha" ->
          Truth.of(!chars.isEmpty() && chars.codePoints().allMatch(Character::isLetter));
      default -> throw new Fault("the method \"%s\" of a string is not supported".formatted(name));
    };
  }

  /// The first letter great, the others small.
  static String capitalized(String chars) {
    if (chars.isEmpty()) {
      return chars;
    }
    int first = chars.offsetByCodePoints(0, 1);
    return Character.toString(Character.toTitleCase(chars.codePointAt(0)))
        + chars.substring(first).toLowerCase(Locale.ROOT);
  }

  /// Each letter after none great, the others small.
  static String title(String chars) {
    var out = new StringBuilder();
    boolean inside = false;
    for (int c : chars.codePoints().toArray()) {
      out.appendCodePoint(inside ? Character.toLowerCase(c) : Character.toTitleCase(c));
      inside = Character.isLetter(c);
    }
    return out.toString();
  }

  private static boolean affixed(String text, TemplateValue affix, boolean front) {
    return switch (affix) {
      case Text one -> front ? text.startsWith(one.chars()) : text.endsWith(one.chars());
      case Items(var any, var tuple) when tuple ->
          any.stream().anyMatch(one -> one instanceof Text && affixed(text, one, front));
      default -> throw new Fault("%s is no beginning or end".formatted(TemplateValue.kind(affix)));
    };
  }

  private static int find(String text, String sought) {
    int at = text.indexOf(sought);
    return at < 0 ? -1 : text.codePointCount(0, at);
  }

  private static int count(String text, String sought) {
    if (sought.isEmpty()) {
      throw new Fault("\"count\" of an empty string is not supported");
    }
    int count = 0;
    for (int at = text.indexOf(sought); at >= 0; at = text.indexOf(sought, at + sought.length())) {
      count++;
    }
    return count;
  }

  private TemplateValue split(TemplateText text, TemplateArguments given, boolean fromEnd) {
    long most = given.integer(1, "maxsplit").orElse(-1L);
    long splits = most < 0 ? Long.MAX_VALUE : most;
    var separator = given.text(0, "sep");
    if (separator.isEmpty() && splits < Long.MAX_VALUE) {
      throw new Fault("\"split\" at white space with \"maxsplit\" is not supported");
    }
    if (separator.isEmpty()) {
      return words(text);
    }
    var sought = separator.get().chars();
    if (sought.isEmpty()) {
      throw new Fault("\"split\" needs a separator that is not empty");
    }
    var parts = new ArrayList<TemplateValue>();
    if (fromEnd) {
      int to = text.length();
      for (int at = to; parts.size() < splits; ) {
        at = text.chars().lastIndexOf(sought, to - sought.length());
        if (at < 0 || to < sought.length()) {
          break;
        }
        parts.addFirst(new Text(text.slice(at + sought.length(), to)));
        to = at;
      }
      parts.addFirst(new Text(text.slice(0, to)));
    } else {
      int from = 0;
      for (int at = text.chars().indexOf(sought); at >= 0 && parts.size() < splits; ) {
        parts.add(new Text(text.slice(from, at)));
        from = at + sought.length();
        at = text.chars().indexOf(sought, from);
      }
      parts.add(new Text(text.slice(from, text.length())));
    }
    budget.spend(8L * parts.size());
    return new Items(parts, false);
  }

  private TemplateValue words(TemplateText text) {
    var words = new ArrayList<TemplateValue>();
    for (int at = TemplateText.spaceAfter(text.chars(), 0); at < text.length(); ) {
      int end = at;
      while (end < text.length() && !TemplateText.isSpace(text.chars().charAt(end))) {
        end++;
      }
      words.add(new Text(text.slice(at, end)));
      at = TemplateText.spaceAfter(text.chars(), end);
    }
    budget.spend(8L * words.size());
    return new Items(words, false);
  }

  private TemplateValue lines(TemplateText text) {
    var lines = new ArrayList<TemplateValue>();
    for (int at = 0; at < text.length(); ) {
      int end = text.chars().indexOf('\n', at);
      end = end < 0 ? text.length() : end;
      lines.add(new Text(text.slice(at, end)));
      at = end + 1;
    }
    budget.spend(8L * lines.size());
    return new Items(lines, false);
  }

  Text replace(TemplateText text, TemplateArguments given) {
    var sought = given.requiredText(0, "old").chars();
    var replacement = given.requiredText(1, "new");
    long most = given.integer(2, "count").orElse(-1L);
    if (sought.isEmpty()) {
      throw new Fault("\"replace\" needs something to replace");
    }
    var out = new TemplateText.Builder();
    int from = 0;
    for (int at = text.chars().indexOf(sought); at >= 0 && most != 0; most--) {
      budget.spend(replacement.length() + 1L);
      out.add(text.slice(from, at)).add(replacement);
      from = at + sought.length();
      at = text.chars().indexOf(sought, from);
    }
    return new Text(budget.paid(out.add(text.slice(from, text.length())).text()));
  }

  Text join(TemplateText separator, List<TemplateValue> items) {
    var writer = new TemplateWriter(budget);
    var out = new TemplateText.Builder();
    for (int i = 0; i < items.size(); i++) {
      var item = budget.paid(writer.string(items.get(i)));
      budget.spend(separator.length());
      out.add(i == 0 ? TemplateText.EMPTY : separator).add(item);
    }
    return new Text(out.text());
  }
}

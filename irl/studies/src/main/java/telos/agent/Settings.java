package telos.agent;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import telos.rl.Nearest;

/// Configurations from text: records whose components are numbers, truth values, enums, or lists of
/// integers.
public final class Settings {
  private Settings() {}

  /// `config` with some components replaced.
  ///
  /// @param what whose configuration it is, for messages
  /// @param texts by name of the component
  /// @throws IllegalArgumentException for a name that is none, naming the nearest, and for a value
  ///   that does not fit
  public static <C extends Record> C with(String what, C config, Map<String, String> texts) {
    RecordComponent[] components = config.getClass().getRecordComponents();
    Map<String, Object> values = new LinkedHashMap<>();
    for (RecordComponent component : components) {
      values.put(component.getName(), value(config, component));
    }
    texts.forEach((name, text) -> {
      RecordComponent component = component(what, components, name);
      values.put(name, parsed(what, component, text));
    });
    return made(config, values.values().toArray());
  }

  private static RecordComponent component(String what, RecordComponent[] components, String name) {
    List<String> names = Stream.of(components).map(RecordComponent::getName).toList();
    if (names.contains(name)) {
      return components[names.indexOf(name)];
    }
    List<String> like = Nearest.names(name, names);
    throw new IllegalArgumentException(
        "%s has no setting '%s'; %s"
            .formatted(
                what,
                name,
                like.isEmpty()
                    ? "it has " + String.join(", ", names)
                    : "did you mean " + String.join(" or ", like) + "?"));
  }

  private static Object parsed(String what, RecordComponent component, String text) {
    Class<?> type = component.getType();
    try {
      return parsed(type, text.strip());
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "%s: %s must be %s, not '%s'".formatted(what, component.getName(), kind(type), text), e);
    }
  }

  private static Object parsed(Class<?> type, String text) {
    if (type == int.class) {
      return Integer.valueOf(text.replace("_", ""));
    }
    if (type == long.class) {
      return Long.valueOf(text.replace("_", ""));
    }
    if (type == double.class) {
      return Double.valueOf(text);
    }
    if (type == boolean.class && List.of("true", "false").contains(text)) {
      return Boolean.valueOf(text);
    }
    if (type.isEnum()) {
      return constants(type)
          .filter(c -> c.toString().equalsIgnoreCase(text))
          .findFirst()
          .orElseThrow(IllegalArgumentException::new);
    }
    if (type == List.class) {
      return Arrays.stream(text.replaceAll("[\\[\\]\\s]", "").split(","))
          .filter(part -> !part.isEmpty())
          .map(Integer::valueOf)
          .toList();
    }
    throw new IllegalArgumentException(type.getSimpleName());
  }

  static String kind(Class<?> type) {
    if (type == double.class) {
      return "a number";
    }
    if (type == boolean.class) {
      return "true or false";
    }
    if (type.isEnum()) {
      return "one of "
          + String.join(
              ", ", constants(type).map(c -> c.toString().toLowerCase(Locale.ROOT)).toList());
    }
    return type == List.class ? "whole numbers with commas between them" : "a whole number";
  }

  private static Stream<?> constants(Class<?> type) {
    return Stream.of(type.getEnumConstants());
  }

  private static Object value(Record config, RecordComponent component) {
    try {
      return component.getAccessor().invoke(config);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("cannot read " + component, e);
    }
  }

  @SuppressWarnings("unchecked")
  private static <C extends Record> C made(C like, Object[] values) {
    Class<?>[] types =
        Stream.of(like.getClass().getRecordComponents())
            .map(RecordComponent::getType)
            .toArray(Class<?>[]::new);
    try {
      return (C) like.getClass().getConstructor(types).newInstance(values);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof IllegalArgumentException refused) {
        throw refused;
      }
      throw new IllegalStateException(e.getCause());
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("cannot make " + like.getClass().getName(), e);
    }
  }
}

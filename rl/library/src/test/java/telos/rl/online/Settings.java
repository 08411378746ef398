package telos.rl.online;

import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.Map;

/// Configurations that differ in a few parameters, as the command line makes them.
final class Settings {
  private Settings() {}

  static <C extends Record> C with(C defaults, Map<String, ?> changed) {
    RecordComponent[] components = defaults.getClass().getRecordComponents();
    Class<?>[] types =
        Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
    Object[] values = new Object[components.length];
    try {
      for (int i = 0; i < values.length; i++) {
        Object before = components[i].getAccessor().invoke(defaults);
        Object after = changed.get(components[i].getName());
        values[i] = after == null ? before : after;
      }
      @SuppressWarnings("unchecked")
      C made = (C) defaults.getClass().getDeclaredConstructor(types).newInstance(values);
      return made;
    } catch (ReflectiveOperationException e) {
      if (e.getCause() instanceof RuntimeException refused) {
        throw refused;
      }
      throw new LinkageError(e.getMessage(), e);
    }
  }
}

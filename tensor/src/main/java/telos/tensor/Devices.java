package telos.tensor;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.ServiceLoader;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Finds and remembers devices.
final class Devices {
  private static final ScopedValue<Device> CURRENT = ScopedValue.newInstance();
  private static final System.Logger LOG = System.getLogger("telos.tensor");
  private static final Map<String, Device> OPEN = new ConcurrentHashMap<>();

  /// The default, chosen on first use, so that naming another device costs nothing.
  private static volatile @Nullable Device preferred;

  private Devices() {}

  static Device current() {
    if (CURRENT.isBound()) {
      return CURRENT.get();
    }
    Device chosen = preferred;
    if (chosen == null) {
      chosen = choose();
      preferred = chosen;
    }
    return chosen;
  }

  private static Device choose() {
    String wish =
        Objects.requireNonNullElse(
            System.getProperty("telos.device"),
            Objects.requireNonNullElse(System.getenv("TELOS_DEVICE"), ""));
    if (!wish.isEmpty()) {
      return first(List.of(wish.split(",")));
    }
    try {
      return named("cpu");
    } catch (IllegalStateException | IllegalArgumentException missing) {
      LOG.log(
          System.Logger.Level.WARNING,
          "no cpu device ("
              + missing.getMessage()
              + "); using the reference device, which is some hundred times slower");
      return named("reference");
    }
  }

  /// The first of several that can be used: `opencl,cpu` allows the cpu where there is no OpenCL.
  private static Device first(List<String> names) {
    for (String name : names.subList(0, names.size() - 1)) {
      try {
        return named(name);
      } catch (IllegalStateException | IllegalArgumentException missing) {
        LOG.log(
            System.Logger.Level.WARNING,
            "no " + name + " device (" + missing.getMessage() + "); trying the next one");
      }
    }
    return named(names.getLast());
  }

  static <T extends @Nullable Object> T with(Device device, Supplier<T> body) {
    return ScopedValue.where(CURRENT, device).call(body::get);
  }

  static Device named(String name) {
    return OPEN.computeIfAbsent(name, Devices::open);
  }

  private static Device open(String name) {
    String kind = name.contains(":") ? name.substring(0, name.indexOf(':')) : name;
    if (kind.equals("reference")) {
      return new ReferenceDevice();
    }
    for (DeviceProvider provider : ServiceLoader.load(DeviceProvider.class)) {
      if (provider.kind().equals(kind)) {
        return provider.open(name);
      }
    }
    throw new IllegalArgumentException(
        "no device '"
            + name
            + "': put the module telos.devices."
            + kind
            + " on the path, or use 'reference'");
  }
}

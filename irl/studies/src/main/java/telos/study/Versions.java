package telos.study;

import java.util.LinkedHashMap;
import java.util.Map;

/// What ran: telos, its code, Java, the machine.
public final class Versions {
  private Versions() {}

  /// The version of telos, `development` outside a packaged build.
  public static String telos() {
    var descriptor = Versions.class.getModule().getDescriptor();
    return descriptor == null ? "development" : descriptor.rawVersion().orElse("development");
  }

  /// All versions by name.
  public static Map<String, String> current() {
    var versions = new LinkedHashMap<String, String>();
    versions.put("telos", telos());
    versions.put("code", CodeVersion.current());
    versions.put("java", Runtime.version().toString());
    versions.put("platform", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
    return versions;
  }
}

package telos.study;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.module.ModuleReference;
import java.lang.module.ResolvedModule;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import java.util.zip.CRC32;

/// Identifies the code that is running by a digest of all telos classes, so that nothing cached by
/// other code is ever taken for its own.
public final class CodeVersion {
  private static final class Holder {
    static final String CURRENT = compute();
  }

  private CodeVersion() {}

  /// 16 hexadecimal digits.
  public static String current() {
    return Holder.CURRENT;
  }

  /// The jar or directory this program runs from, if it is run as modules.
  public static Optional<Path> location() {
    return ModuleLayer.boot().configuration().findModule("telos.studies").stream()
        .map(ResolvedModule::reference)
        .flatMap(m -> m.location().stream())
        .map((URI uri) -> Path.of(uri))
        .findFirst();
  }

  private static String compute() {
    try (Stream<Path> places = places()) {
      return of(places.toList());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// The digest of the classes in these directories and jars, in whatever order they come: the JVM
  /// lists modules in another one each time. Classes of one name, as every module's descriptor, are
  /// summed.
  static String of(List<Path> places) throws IOException {
    var sums = new TreeMap<String, Long>();
    for (Path place : places) {
      if (Files.isDirectory(place)) {
        addDirectory(place, sums);
      } else {
        addJar(place, sums);
      }
    }
    return Digest.of(sums.toString()).substring(0, 16);
  }

  /// The modules named telos..., and on the class path every directory and every jar named
  /// telos-...
  private static Stream<Path> places() {
    Stream<Path> modules =
        ModuleLayer.boot().configuration().modules().stream()
            .filter(m -> m.name().startsWith("telos."))
            .map(ResolvedModule::reference)
            .map(ModuleReference::location)
            .flatMap(Optional::stream)
            .map((URI uri) -> Path.of(uri));
    Stream<Path> entries =
        Stream.of(System.getProperty("java.class.path", "").split(File.pathSeparator))
            .filter(entry -> !entry.isEmpty())
            .map(Path::of)
            .filter(p -> Files.isDirectory(p) || p.getFileName().toString().startsWith("telos-"))
            .filter(Files::exists);
    return Stream.concat(modules, entries);
  }

  private static void addDirectory(Path root, SortedMap<String, Long> sums) throws IOException {
    try (Stream<Path> files = Files.walk(root)) {
      List<Path> classes = files.filter(f -> f.toString().endsWith(".class")).toList();
      for (Path file : classes) {
        var crc = new CRC32();
        crc.update(Files.readAllBytes(file));
        String name = root.relativize(file).toString().replace(File.separatorChar, '/');
        sums.merge(name, crc.getValue(), Long::sum);
      }
    }
  }

  /// Computes the sums of a jar's classes from their bytes: entry headers depend on the packer.
  private static void addJar(Path file, SortedMap<String, Long> sums) throws IOException {
    try (var jar = new JarFile(file.toFile())) {
      for (var entry : jar.stream().filter(e -> e.getName().endsWith(".class")).toList()) {
        var crc = new CRC32();
        try (InputStream in = jar.getInputStream(entry)) {
          crc.update(in.readAllBytes());
        }
        sums.merge(entry.getName(), crc.getValue(), Long::sum);
      }
    }
  }
}

package telos.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CodeVersionTest {
  @TempDir private Path folder;

  private Path module(String name, String descriptor) throws IOException {
    Path place = Files.createDirectories(folder.resolve(name));
    Files.writeString(place.resolve("module-info.class"), descriptor);
    return place;
  }

  /// Modules come in another order in every JVM, and all have a descriptor of one name.
  @Test
  void theOrderOfModulesDoesNotMatter() throws IOException {
    Path a = module("a", "first");
    Path b = module("b", "second");
    assertEquals(CodeVersion.of(List.of(a, b)), CodeVersion.of(List.of(b, a)));
  }

  @Test
  void everyClassCounts() throws IOException {
    Path a = module("a", "first");
    Path b = module("b", "second");
    String before = CodeVersion.of(List.of(a, b));
    Files.writeString(a.resolve("module-info.class"), "changed");
    assertNotEquals(before, CodeVersion.of(List.of(a, b)));
  }
}

package telos.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.module.ModuleFinder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Trees whose records lie in modules of their users.
final class TreeModulesTest {
  /// A record in a module that is closed to us: the error says the line that opens it; a closed
  /// record that can hold no tensor is left alone.
  @Test
  void closedModulesAreNamed(@TempDir Path directory) throws Exception {
    ModuleLayer.Controller users =
        compiled(
            directory,
            Map.of(
                "module-info", "module users.own { exports users.api; }",
                "Net", "package users.models; public record Net(Object weight) {}",
                "Config", "package users.models; public record Config(int width) {}",
                "Make",
                    "package users.api; public class Make { public static Object net(Object w) {"
                        + " return new users.models.Net(w); } public static Object config() {"
                        + " return new users.models.Config(3); } }"));
    Module module = users.layer().findModule("users.own").orElseThrow();
    Class<?> make = module.getClassLoader().loadClass("users.api.Make");
    Object config = make.getMethod("config").invoke(null);
    assertTrue(Tree.leaves(config).isEmpty());
    Tree.forEachTensor(config, _ -> {});
    assertSame(config, Tree.map(config, Tensor::alias));
    Object net = make.getMethod("net", Object.class).invoke(null, Tensor.of(1f));
    var thrown = assertThrows(IllegalArgumentException.class, () -> Tree.leaves(net));
    assertTrue(
        thrown.getMessage().contains("'opens users.models to telos.tensor;'"), thrown.getMessage());
    assertTrue(thrown.getMessage().contains("users.own"), thrown.getMessage());
    users.addOpens(module, "users.models", Tree.class.getModule());
    assertEquals(Set.of("weight"), Tree.leaves(net).keySet());
    assertEquals(Set.of("weight"), Tree.leaves(Tree.map(net, Tensor::alias)).keySet());
  }

  private static ModuleLayer.Controller compiled(Path directory, Map<String, String> sources)
      throws IOException {
    List<String> arguments = new ArrayList<>(List.of("-d", directory.resolve("out").toString()));
    for (var source : sources.entrySet()) {
      Path file = directory.resolve(source.getKey() + ".java");
      arguments.add(Files.writeString(file, source.getValue()).toString());
    }
    var compiler = ToolProvider.getSystemJavaCompiler();
    assertEquals(0, compiler.run(null, null, null, arguments.toArray(new String[0])));
    ModuleLayer boot = ModuleLayer.boot();
    var found = ModuleFinder.of(directory.resolve("out"));
    return ModuleLayer.defineModulesWithOneLoader(
        boot.configuration().resolve(found, ModuleFinder.of(), Set.of("users.own")),
        List.of(boot),
        TreeModulesTest.class.getClassLoader());
  }
}

package telos.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class DevicesTest {
  /// Offers `pretend:N`; there is none beyond 1.
  public static final class Provider implements DeviceProvider {
    @Override
    public String kind() {
      return "pretend";
    }

    @Override
    public Device open(String name) {
      if (name.endsWith(":9")) {
        throw new IllegalStateException("pretend:9: there are 2 of them");
      }
      return new ReferenceDevice(name);
    }
  }

  @Test
  void eachNameIsOpenedOnce() {
    assertSame(Device.of("reference"), Device.of("reference"));
    assertEquals("reference", Device.of("reference").name());
    assertSame(Device.of("pretend:1"), Device.of("pretend:1"));
    assertNotSame(Device.of("pretend:1"), Device.of("pretend:0"));
    assertEquals("pretend:1", Device.of("pretend:1").name());
  }

  @Test
  void unknownNamesAreExplained() {
    var thrown = assertThrows(IllegalArgumentException.class, () -> Device.of("quantum"));
    assertEquals(
        "no device 'quantum': put the module telos.devices.quantum on the path, or use 'reference'",
        thrown.getMessage());
    var absent = assertThrows(IllegalStateException.class, () -> Device.of("pretend:9"));
    assertEquals("pretend:9: there are 2 of them", absent.getMessage());
  }

  @Test
  void bindingsNestAndEnd() {
    Device outer = Device.of("reference");
    Device inner = Device.of("pretend:1");
    Device before = Device.current();
    outer.with(() -> {
      assertSame(outer, Device.current());
      inner.with(() -> {
        assertSame(inner, Device.current());
        return 0;
      });
      assertSame(outer, Device.current());
      return 0;
    });
    assertSame(before, Device.current());
    inner.close();
  }

  /// Prints the default device's name.
  public static final class Main {
    public static void main(String[] arguments) {
      System.out.println("default: " + Device.current().name());
    }
  }

  @Test
  void theDefaultCanBeWished() throws Exception {
    assertTrue(fresh("", "reference").endsWith("default: reference"));
    assertTrue(fresh("reference", "quantum").endsWith("default: reference"), "property first");
    assertTrue(fresh("quantum", "").contains("no device 'quantum'"));
    assertTrue(fresh("", "quantum").contains("no device 'quantum'"));
  }

  @Test
  void withoutTheCpuModuleTheReferenceServesAndSaysSo() throws Exception {
    String output = fresh("", "");
    assertTrue(output.contains("no cpu device"), output);
    assertTrue(output.endsWith("default: reference"), output);
  }

  private static String fresh(String property, String variable)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(System.getProperty("java.home") + "/bin/java");
    command.addAll(List.of("-cp", home(Device.class) + File.pathSeparator + home(Main.class)));
    if (!property.isEmpty()) {
      command.add("-Dtelos.device=" + property);
    }
    command.add(Main.class.getName());
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().remove("TELOS_DEVICE");
    if (!variable.isEmpty()) {
      builder.environment().put("TELOS_DEVICE", variable);
    }
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    return output.strip();
  }

  private static String home(Class<?> type) {
    return Path.of(URI.create(type.getProtectionDomain().getCodeSource().getLocation().toString()))
        .toString();
  }
}

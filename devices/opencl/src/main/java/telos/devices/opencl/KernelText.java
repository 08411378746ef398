package telos.devices.opencl;

import java.util.ArrayList;
import java.util.List;

/// A kernel that is being written, with the arguments of its parameters. Numbers are arguments,
/// never text, so that one program serves for all sizes.
final class KernelText {
  private static final String NAME = "pass";

  private final StringBuilder parameters = new StringBuilder();
  private final StringBuilder body = new StringBuilder();
  private final List<Object> arguments = new ArrayList<>();

  void parameter(String declaration, Object argument) {
    parameters.append(arguments.isEmpty() ? "" : ", ").append(declaration);
    arguments.add(argument);
  }

  void line(String statement) {
    body.append("  ").append(statement).append('\n');
  }

  /// Compiles it, unless that was done before, and puts it on the queue.
  void run(Programs programs, Range range) {
    String text = "kernel void " + NAME + "(" + parameters + ") {\n" + body + "}\n";
    programs.generated(text, NAME).run(range, arguments.toArray());
  }
}

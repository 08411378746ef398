package telos.devices.opencl;

import static org.jocl.CL.*;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jocl.CLException;
import org.jocl.Pointer;
import org.jocl.Sizeof;
import org.jocl.cl_device_id;
import org.jocl.cl_program;
import telos.tensor.DType;

/// The compiled programs of a device: one for each family of kernels and element type, and one for
/// each generated text. Each is built once, or found in the [ProgramCache].
final class Programs {
  /// Of every program, before its own text.
  private static final String COMMON = "common.cl";

  /// What a program is made of.
  private record Source(String text, String options) {}

  private final Memory memory;
  private final Hardware hardware;
  private final ProgramCache cache;
  private final Map<Source, cl_program> programs = new ConcurrentHashMap<>();
  private final Map<String, Kernel> kernels = new ConcurrentHashMap<>();
  private final Map<String, String> texts = new ConcurrentHashMap<>();

  Programs(Memory memory, Hardware hardware) {
    this.memory = memory;
    this.hardware = hardware;
    this.cache = ProgramCache.of(hardware);
  }

  /// A kernel of the file `family.cl`, compiled for an element type: `T` in its text.
  ///
  /// @param definitions further macros, each `NAME=value`
  Kernel kernel(String family, DType dtype, String name, String... definitions) {
    String key = family + ' ' + dtype + ' ' + name + ' ' + String.join(" ", definitions);
    return kernels.computeIfAbsent(
        key,
        _ -> {
          List<String> macros = new ArrayList<>(List.of("T=" + Types.name(dtype), product(dtype)));
          macros.addAll(List.of(definitions));
          String options = "-D" + String.join(" -D", macros);
          return compiled(new Source(text(COMMON) + text(family + ".cl"), options), name);
        });
  }

  /// The macro by which kernels multiply and add: rounded once of floats, wrapping of integers.
  private static String product(DType dtype) {
    return dtype.isFloat() ? "MULTIPLY_ADD=fma" : "WHOLE";
  }

  /// The kernel `name` of a generated text, in which everything of `elementwise.cl` is known.
  Kernel generated(String text, String name) {
    return kernels.computeIfAbsent(
        text, _ -> compiled(new Source(text(COMMON) + text("elementwise.cl") + text, ""), name));
  }

  private Kernel compiled(Source source, String name) {
    cl_program program = programs.computeIfAbsent(source, this::build);
    return new Kernel(memory, clCreateKernel(program, name, null), name);
  }

  private String text(String resource) {
    return texts.computeIfAbsent(resource, Programs::read);
  }

  private static String read(String resource) {
    try (InputStream in = Programs.class.getResourceAsStream(resource)) {
      return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// No flag that lets the compiler change what floats mean.
  private String options(Source source) {
    String rounded = hardware.roundsQuotients() ? "-cl-fp32-correctly-rounded-divide-sqrt " : "";
    String doubles = hardware.doubles() ? "-DDOUBLES " : "";
    return ("-cl-std=CL1.2 " + rounded + doubles + source.options).strip();
  }

  private cl_program build(Source source) {
    String options = options(source);
    String key = cache.key(source.text, options);
    return cache
        .find(key)
        .flatMap(binary -> fromBinary(binary, options))
        .orElseGet(() -> {
          cl_program program =
              clCreateProgramWithSource(
                  memory.queue().context(), 1, new String[] {source.text}, null, null);
          compile(program, options);
          cache.store(key, binary(program));
          return program;
        });
  }

  private void compile(cl_program program, String options) {
    try {
      clBuildProgram(program, 1, devices(), options, null, null);
    } catch (CLException e) {
      long[] size = new long[1];
      clGetProgramBuildInfo(program, memory.queue().device(), CL_PROGRAM_BUILD_LOG, 0, null, size);
      byte[] log = new byte[(int) size[0]];
      clGetProgramBuildInfo(
          program,
          memory.queue().device(),
          CL_PROGRAM_BUILD_LOG,
          log.length,
          Pointer.to(log),
          null);
      throw new IllegalStateException(
          "the OpenCL compiler of %s refuses a program of telos: %s%n%s"
              .formatted(hardware.name(), e.getMessage(), new String(log, StandardCharsets.UTF_8)),
          e);
    }
  }

  /// Empty where the driver does not take the binary, such as after an update of its own.
  private Optional<cl_program> fromBinary(byte[] binary, String options) {
    try {
      cl_program program =
          clCreateProgramWithBinary(
              memory.queue().context(),
              1,
              devices(),
              new long[] {binary.length},
              new byte[][] {binary},
              null,
              null);
      clBuildProgram(program, 1, devices(), options, null, null);
      return Optional.of(program);
    } catch (CLException _) {
      return Optional.empty();
    }
  }

  private static byte[] binary(cl_program program) {
    long[] size = new long[1];
    clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, Sizeof.size_t, Pointer.to(size), null);
    byte[] binary = new byte[(int) size[0]];
    Pointer pointers = Pointer.to(Pointer.to(binary));
    clGetProgramInfo(program, CL_PROGRAM_BINARIES, Sizeof.POINTER, pointers, null);
    return binary;
  }

  private cl_device_id[] devices() {
    return new cl_device_id[] {memory.queue().device()};
  }

  void close() {
    kernels.values().forEach(kernel -> clReleaseKernel(kernel.handle()));
    programs.values().forEach(program -> clReleaseProgram(program));
    kernels.clear();
    programs.clear();
  }
}

package telos.devices.opencl;

import org.jocl.cl_kernel;
import telos.tensor.Tensor;

/// A compiled kernel. It may be run from any thread.
final class Kernel {
  private final Memory memory;
  private final cl_kernel kernel;
  private final String name;

  Kernel(Memory memory, cl_kernel kernel, String name) {
    this.memory = memory;
    this.kernel = kernel;
    this.name = name;
  }

  /// Puts the kernel on the queue.
  ///
  /// @param arguments in the order of its parameters: a tensor or a storage for a `global` pointer,
  ///   [Queue.Local] for a `local` one, and boxed numbers of exactly the parameters' types
  void run(Range range, Object... arguments) {
    for (int i = 0; i < arguments.length; i++) {
      if (arguments[i] instanceof Tensor tensor) {
        arguments[i] = OpenClStorage.of(tensor);
      }
    }
    memory.retried(
        name,
        0,
        () -> {
          memory.queue().launch(kernel, range, arguments);
          return true;
        });
  }

  cl_kernel handle() {
    return kernel;
  }
}

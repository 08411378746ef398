package telos.tensor;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// The one way by which operations run: checks, device, recording.
final class Dispatch {
  /// Stands for no recorder: asking for a value with a default is one look-up.
  private static final Recorder NOBODY = (_, _) -> {};

  /// The default names of operations: the record's, in lower camel case.
  static final ClassValue<String> NAMES =
      new ClassValue<>() {
        @Override
        protected String computeValue(Class<?> type) {
          String name = type.getSimpleName();
          return Character.toLowerCase(name.charAt(0)) + name.substring(1);
        }
      };

  private Dispatch() {}

  /// Of one operand; an operation of one operand takes any F32.
  static Tensor run(Op op, Tensor x) {
    Scope scope = Scope.current();
    Scope.check(op, x, scope);
    if (x.dtype() != DType.F32) {
      DTypes.check(op);
    }
    return run(op, x.device(), scope);
  }

  /// Of two operands; an operation of two takes any two F32 (see [#run(Op)] for those with an
  /// index).
  static Tensor run(Op op, Tensor a, Tensor b) {
    Scope scope = Scope.current();
    Scope.check(op, a, scope);
    Scope.check(op, b, scope);
    if (a.device() != b.device()) {
      throw apart(op, a.device(), b.device());
    }
    if (a.dtype() != DType.F32 || b.dtype() != DType.F32) {
      DTypes.check(op);
    }
    return run(op, a.device(), scope);
  }

  /// Of any number of operands.
  static Tensor run(Op op) {
    Scope scope = Scope.current();
    Device device = device(op, scope);
    DTypes.check(op);
    return run(op, device, scope);
  }

  private static Tensor run(Op op, Device device, @Nullable Scope scope) {
    Shape shape = op.shape();
    Storage storage = device.run(op, shape);
    adopt(storage, scope);
    return recorded(op, new Tensor(device, storage, shape, op.dtype()));
  }

  /// The same elements in the same order: the result shares the storage.
  static Tensor view(Op op, Tensor x) {
    Scope.check(op, x, Scope.current());
    return recorded(op, new Tensor(x.device(), x.storage(), op.shape(), x.dtype()));
  }

  static Tensor move(Op.ToDevice op) {
    Tensor x = op.x();
    Scope scope = Scope.current();
    Scope.check(op, x, scope);
    Storage storage = x.storage();
    if (op.to() != x.device()) {
      Object array = x.device().download(storage, x.dtype(), x.size());
      storage = op.to().upload(array, x.dtype(), x.size());
      adopt(storage, scope);
    }
    return recorded(op, new Tensor(op.to(), storage, x.shape(), x.dtype()));
  }

  static List<Tensor> fused(Op.Fused op) {
    Scope scope = Scope.current();
    Device device = device(op, scope);
    List<Tensor> outputs = device.run(op);
    if (outputs != null) {
      for (Tensor output : outputs) {
        adopt(output.storage(), scope);
      }
    } else {
      outputs = unrecorded(op);
    }
    record(op, outputs);
    return outputs;
  }

  /// The definition's temporaries die here: only its outputs are recorded.
  private static List<Tensor> unrecorded(Op.Fused op) {
    return ScopedValue.where(Recorder.CURRENT, null)
        .call(() -> Scope.call(op.name(), op::definition));
  }

  private static Tensor recorded(Op op, Tensor result) {
    Recorder recorder = recorder();
    if (recorder != null || NumberCheck.on()) {
      record(op, List.of(result));
    }
    return result;
  }

  private static void record(Op op, List<Tensor> outputs) {
    if (NumberCheck.on()) {
      NumberCheck.check(op, outputs);
    }
    Recorder recorder = recorder();
    if (recorder != null) {
      recorder.record(op, outputs);
    }
  }

  static @Nullable Recorder recorder() {
    Recorder recorder = Recorder.CURRENT.orElse(NOBODY);
    return recorder == NOBODY ? null : recorder;
  }

  private static void adopt(Storage storage, @Nullable Scope scope) {
    if (scope != null && storage.owner == null) {
      scope.adopt(storage);
    }
  }

  private static Device device(Op op, @Nullable Scope scope) {
    Device device = null;
    for (Tensor input : op.inputs()) {
      Scope.check(op, input, scope);
      if (device == null) {
        device = input.device();
      } else if (device != input.device()) {
        throw apart(op, device, input.device());
      }
    }
    return device == null ? Device.current() : device;
  }

  private static IllegalArgumentException apart(Op op, Device first, Device second) {
    return new IllegalArgumentException(
        op.name()
            + ": inputs lie on "
            + first.name()
            + " and "
            + second.name()
            + "; move one with to(device)");
  }
}

package telos.tensor;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// The one way by which operations run: checks, device, recording.
final class Dispatch {
  private Dispatch() {}

  static Tensor run(Op op) {
    Device device = device(op);
    DTypes.check(op);
    Shape shape = op.shape();
    Storage storage =
        switch (op) {
          case Op.Reshape reshape -> reshape.x().storage();
          case Op.StopGradient stop -> stop.x().storage();
          case Op.ToDevice move -> move(move);
          default -> adopt(device.run(op, shape));
        };
    Device target = op instanceof Op.ToDevice(_, Device to) ? to : device;
    Tensor result = new Tensor(target, storage, shape, op.dtype());
    record(op, List.of(result));
    return result;
  }

  static List<Tensor> fused(Op.Fused op) {
    Device device = device(op);
    Recorder recorder = recorder();
    List<Tensor> outputs = device.run(op);
    if (outputs != null) {
      outputs.forEach(tensor -> adopt(tensor.storage()));
    } else if (recorder != null && !(op instanceof Op.Differentiable)) {
      return op.definition();
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
    return Recorder.CURRENT.isBound() ? Recorder.CURRENT.get() : null;
  }

  private static Storage adopt(Storage storage) {
    if (storage.owner == null) {
      Scope.adopt(storage);
    }
    return storage;
  }

  private static Storage move(Op.ToDevice op) {
    Tensor x = op.x();
    if (op.to() == x.device()) {
      return x.storage();
    }
    int size = x.shape().size();
    Object array = x.device().download(x.storage(), x.dtype(), size);
    return adopt(op.to().upload(array, x.dtype(), size));
  }

  private static Device device(Op op) {
    List<Tensor> inputs = op.inputs();
    Device device = null;
    for (Tensor input : inputs) {
      Scope.check(op, input);
      if (device == null) {
        device = input.device();
      } else if (device != input.device()) {
        throw new IllegalArgumentException(
            op.name()
                + ": inputs lie on "
                + device.name()
                + " and "
                + input.device().name()
                + "; move one with to(device)");
      }
    }
    return device == null ? Device.current() : device;
  }
}

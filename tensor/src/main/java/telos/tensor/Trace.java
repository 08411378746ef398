package telos.tensor;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// For devices: the operations of a definition in the order in which it asks for them, none of them
/// run.
///
/// The definition runs on stand-ins of its inputs that live on this device. Nothing is kept from
/// call to call: a definition may depend on anything but the values of its inputs, and to trace a
/// dozen operations takes a few microseconds.
public final class Trace implements Device {
  private static final Object NOTHING = new Object();

  /// What an operation will give. It stands in the place of a storage, so that the operations of a
  /// trace can be handed to the device as they are once their operands have their memory: of heap
  /// memory it is the array, of any other a device asks for [#memory].
  public static final class Value extends HeapStorage {
    /// Null for inputs and constants.
    final @Nullable Op op;

    private final Shape shape;
    private final DType dtype;

    /// The input that it is, or null.
    final @Nullable Tensor source;

    private @Nullable Storage memory;

    private Value(
        @Nullable Op op,
        @Nullable Tensor source,
        Shape shape,
        DType dtype,
        @Nullable Storage memory) {
      super(NOTHING);
      this.op = op;
      this.source = source;
      this.shape = shape;
      this.dtype = dtype;
      this.memory = memory;
    }

    public Shape shape() {
      return shape;
    }

    public DType dtype() {
      return dtype;
    }

    /// The operation that makes it.
    public Op maker() {
      return Objects.requireNonNull(op);
    }

    /// Whether its memory is there: of inputs and constants from the start.
    public boolean known() {
      return memory != null;
    }

    /// Its memory is `made` from now on.
    public void become(Storage made) {
      memory = made;
    }

    /// Where it lies.
    public Storage memory() {
      return Objects.requireNonNull(memory);
    }

    /// Gives its memory back.
    void forget() {
      memory().consume();
      memory = null;
    }

    @Override
    public Object array() {
      return ((HeapStorage) memory()).array();
    }

    @Override
    public boolean alive() {
      return true;
    }

    @Override
    protected void release() {}
  }

  /// Thrown when a definition asks for the value of something that was not computed.
  private static final class ReadsValues extends RuntimeException {
    private static final long serialVersionUID = 1;

    ReadsValues() {
      super("the definition reads values", null, false, false);
    }
  }

  private final Device device;
  private final List<Value> constants = new ArrayList<>();
  private final List<Value> steps = new ArrayList<>();
  private List<Tensor> outputs = List.of();

  private Trace(Device device) {
    this.device = device;
  }

  /// The trace of the operation's definition, or null where there is none: the definition reads
  /// values, returns a constant, or fails (then it is its own turn to say why).
  static @Nullable Trace of(Device device, Op.Fused op) {
    var trace = new Trace(device);
    List<Tensor> inputs = op.inputs().stream().map(trace::input).toList();
    try {
      ScopedValue.where(Recorder.CURRENT, null)
          .run(() -> NumberCheck.suspended(() -> Scope.call(() -> trace.follow(op.with(inputs)))));
    } catch (RuntimeException _) {
      trace.outputs = List.of();
    }
    boolean own = !trace.outputs.isEmpty() && trace.outputs.stream().allMatch(trace::made);
    if (!own) {
      trace.forgetConstants();
    }
    return own ? trace : null;
  }

  private boolean follow(Op.Fused op) {
    outputs = with(op::definition);
    return true;
  }

  private Tensor input(Tensor tensor) {
    var value = new Value(null, tensor, tensor.shape(), tensor.dtype(), tensor.storage());
    return Tensor.wrap(this, value, tensor.shape(), tensor.dtype());
  }

  private boolean made(Tensor output) {
    if (output.device() != this) {
      return false;
    }
    Value value = of(output);
    return value.op != null
        || (value.source != null && value.source.shape().equals(output.shape()));
  }

  /// The value that a tensor of a trace stands for.
  public static Value of(Tensor tensor) {
    return (Value) tensor.storage();
  }

  /// Operations in order.
  List<Value> steps() {
    return steps;
  }

  /// What the definition returned.
  List<Tensor> outputs() {
    return outputs;
  }

  void forgetConstants() {
    constants.forEach(Value::forget);
    constants.clear();
  }

  @Override
  public String name() {
    return device.name();
  }

  @Override
  public Storage run(Op op, Shape result) {
    var value = new Value(op, null, result, op.dtype(), null);
    steps.add(value);
    return value;
  }

  /// Fused operations inside a definition are traced through.
  @Override
  public @Nullable List<Tensor> run(Op.Fused op) {
    return null;
  }

  @Override
  public Storage upload(Object array, DType dtype, int size) {
    return constant(device.upload(array, dtype, size), dtype, size);
  }

  @Override
  public Storage full(double value, DType dtype, int size) {
    return constant(device.full(value, dtype, size), dtype, size);
  }

  private Value constant(Storage memory, DType dtype, int size) {
    var value = new Value(null, null, Shape.of(size), dtype, memory);
    constants.add(value);
    return value;
  }

  @Override
  public Object download(Storage storage, DType dtype, int size) {
    throw new ReadsValues();
  }

  @Override
  public void close() {}
}

package telos.devices.opencl;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import telos.tensor.DType;
import telos.tensor.Op;
import telos.tensor.Plan;
import telos.tensor.Shape;
import telos.tensor.Storage;
import telos.tensor.Tensor;
import telos.tensor.Trace.Value;

/// Elementwise operations over as many elements, in one generated kernel that passes over memory
/// once: each item computes one element of every member.
final class Pass implements Plan.Group {
  /// What a kernel may have of arguments, by 1 024 bytes of parameters: an operand needs a pointer
  /// and at most a stride for each axis.
  private static final int OPERANDS = 20;

  /// Elements of a vector, and its type.
  private static final int QUAD = 4;

  private static final String QUADS = "float4";

  private static final Faults.Failure DIVISION =
      (_, _) -> new ArithmeticException("div: division of I32 by zero");

  /// @param result what stands for its result
  /// @param shape of its result
  private record Member(Op op, Storage result, Shape shape) {}

  private final OpenClDevice device;
  private final int size;
  private final List<Member> members = new ArrayList<>();
  private final Map<Storage, String> names = new IdentityHashMap<>();
  private int operands;

  /// The shape in which operands are broadcast; null while all lie element by element.
  private @Nullable Shape walked;

  private Pass(OpenClDevice device, int size) {
    this.device = device;
    this.size = size;
  }

  /// A group that begins with this value, or null where it cannot be part of one.
  static @Nullable Pass from(OpenClDevice device, Value value) {
    var pass = new Pass(device, value.shape().size());
    return pass.takes(value) ? pass : null;
  }

  /// One operation by itself, into `result`.
  static void run(OpenClDevice device, Op op, Shape shape, OpenClStorage result) {
    if (shape.size() > 0) {
      var pass = new Pass(device, shape.size());
      pass.add(op, result, shape);
      pass.run(Map.of(result, result));
    }
  }

  // --- what belongs together ---

  @Override
  public boolean takes(Value value) {
    Op op = value.maker();
    boolean fits =
        value.shape().size() == size
            && size > 0
            && !value.dtype().isStorageOnly()
            && Formula.has(op)
            && device.computes(op)
            && operands + op.inputs().size() + 1 <= OPERANDS
            && op.inputs().stream().allMatch(x -> fits(x, value.shape()));
    if (fits) {
      add(op, value, value.shape());
    }
    return fits;
  }

  /// A member is met element by element, anything else also broadcast, but always in one shape.
  private boolean fits(Tensor operand, Shape shape) {
    if (names.containsKey(operand.storage())) {
      return operand.size() == size;
    }
    return !strided(operand) || walked == null || walked.equals(shape);
  }

  /// Whether the elements must be looked for.
  private boolean strided(Tensor operand) {
    return operand.size() != size && operand.size() != 1 && !uniform(operand);
  }

  /// Whether one number stands for all elements; what is yet to be computed is none.
  private static boolean uniform(Tensor operand) {
    boolean known = !(operand.storage() instanceof Value value) || value.known();
    return known && OpenClStorage.of(operand).uniform() != null;
  }

  private void add(Op op, Storage result, Shape shape) {
    for (Tensor operand : op.inputs()) {
      boolean outside = !names.containsKey(operand.storage());
      operands += outside ? 1 : 0;
      walked = outside && strided(operand) ? shape : walked;
    }
    names.put(result, "v" + members.size());
    members.add(new Member(op, result, shape));
  }

  @Override
  public boolean feeds(Value value) {
    return value.maker().inputs().stream().anyMatch(x -> names.containsKey(x.storage()));
  }

  @Override
  public List<Value> members() {
    return members.stream().map(member -> (Value) member.result).toList();
  }

  // --- running ---

  @Override
  public void run(Predicate<Value> stored) {
    Map<Storage, OpenClStorage> results = new IdentityHashMap<>();
    for (Member member : members) {
      Value value = (Value) member.result;
      if (stored.test(value)) {
        OpenClStorage memory =
            device.storage(value.dtype(), value.shape().size(), member.op.name());
        value.become(memory);
        results.put(value, memory);
      }
    }
    run(results);
  }

  private void run(Map<Storage, OpenClStorage> results) {
    var text = new KernelText();
    List<Tensor> sought =
        members.stream()
            .flatMap(member -> member.op.inputs().stream())
            .filter(x -> !names.containsKey(x.storage()) && strided(x))
            .toList();
    boolean quads = sought.isEmpty() && inQuads();
    Shape shape = walked == null ? Shape.of(quads ? size / QUAD : size) : walked;
    List<int[]> strides = sought.stream().map(x -> Walk.broadcast(x.shape(), shape)).toList();
    Walk walk = Walk.of(shape, sought.isEmpty() ? List.of(new int[] {1}) : strides);
    walk.begin(text);
    Map<Storage, String> loaded = new HashMap<>();
    int next = 0;
    for (int m = 0; m < members.size(); m++) {
      Member member = members.get(m);
      List<String> operandNames = new ArrayList<>();
      for (Tensor operand : member.op.inputs()) {
        String name = names.get(operand.storage());
        if (name == null && strided(operand)) {
          name = load(text, operand, walk.position(text, next, "s" + next), "a" + next, false);
          next++;
        } else if (name == null) {
          name =
              loaded.computeIfAbsent(
                  operand.storage(), _ -> direct(text, operand, "x" + loaded.size(), quads));
        }
        operandNames.add(name);
      }
      String value = quads ? QUADS : Types.value(member.op.dtype());
      text.line(
          "const "
              + value
              + " v"
              + m
              + " = "
              + formula(text, member.op, operandNames, m, quads)
              + ";");
    }
    for (int m = 0; m < members.size(); m++) {
      store(text, m, results, quads);
    }
    text.run(device.programs(), walk.range(device.group()));
  }

  /// Whether an item may compute four elements as one vector, which keeps more of them on their way
  /// from memory.
  private boolean inQuads() {
    return size % QUAD == 0
        && members.stream()
            .allMatch(member ->
                Formula.ofVectors(member.op)
                    && member.op.inputs().stream().allMatch(x -> x.dtype() == DType.F32));
  }

  private String formula(KernelText text, Op op, List<String> operands, int m, boolean quads) {
    if (Formula.mayFail(op)) {
      text.parameter("global int *f" + m, device.faults().flag());
      text.parameter("const int e" + m, device.faults().expect(op.name(), DIVISION));
      return Formula.of(op, List.of(operands.get(0), operands.get(1), "f" + m, "e" + m), "");
    }
    return Formula.of(op, operands, quads ? QUADS : "");
  }

  /// An operand that lies element by element, or is one number.
  private static String direct(KernelText text, Tensor operand, String name, boolean quads) {
    OpenClStorage storage = OpenClStorage.of(operand);
    Number uniform = storage.uniform();
    if (uniform == null) {
      boolean one = operand.size() == 1;
      return load(text, operand, one ? "0" : "i", name, quads);
    }
    String type = Types.value(operand.dtype());
    if (quads) {
      text.parameter("const " + type + " u" + name, uniform);
      text.line("const " + QUADS + " " + name + " = u" + name + ";");
    } else {
      text.parameter("const " + type + " " + name, uniform);
    }
    return name;
  }

  private static String load(
      KernelText text, Tensor operand, String index, String name, boolean quads) {
    String pointer = "p" + name;
    boolean vectors = quads && operand.size() > 1;
    String type = vectors ? QUADS : Types.name(operand.dtype());
    text.parameter("global const " + type + " *" + pointer, OpenClStorage.of(operand));
    String element = Types.load(operand.dtype(), pointer, index);
    String value = quads ? QUADS : Types.value(operand.dtype());
    text.line("const " + value + " " + name + " = " + element + ";");
    return name;
  }

  private void store(KernelText text, int m, Map<Storage, OpenClStorage> results, boolean quads) {
    Member member = members.get(m);
    OpenClStorage result = results.get(member.result);
    if (result != null) {
      String pointer = "y" + m;
      String type = quads ? QUADS : Types.name(member.op.dtype());
      text.parameter("global " + type + " *" + pointer, result);
      text.line(Types.store(member.op.dtype(), pointer, "v" + m));
    }
  }
}
